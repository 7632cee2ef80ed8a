"""The edge's figures as pictures."""

from collections.abc import Mapping
from typing import Any

from bench.charts import Bar, BarChart, LineChart, Picture


def picture(result: Mapping[str, Any]) -> Picture:
    """A chart per benchmark. Bars are medians of the rounds, with their range."""
    cost, delay, storm = result["cpu_cost"], result["delay"], result["reconnect_storm"]
    steps = result["capacity"]["steps"]
    lines = {f"ack, {share}": [(step["sessions"], step["ack_ms"][share]) for step in steps] for share in ("p50", "p99")}
    bare_us = sum(cost["cpu_us_per_frame"][name]["median"] for name in ("websockets", "aiokafka"))
    return Picture(
        "The edge on one core",
        (
            BarChart(
                f"CPU time per frame, {cost['sessions']} sessions",
                "CPU time (µs)",
                {
                    name: [_bar(name, figure, cost["goal_ratio"] * bare_us if name in cost["ratio"] else None)]
                    for name, figure in cost["cpu_us_per_frame"].items()
                },
            ),
            BarChart(
                f"Until a frame is stored, {delay['sessions']} sessions",
                "delay (ms)",
                {
                    share: [
                        _bar(
                            "edge",
                            delay["frame_to_ack_ms"][share],
                            delay["goal_ratio"] * delay["produce_ms"][share]["median"],
                        ),
                        _bar("aiokafka", delay["produce_ms"][share]),
                    ]
                    for share in ("p50", "p99")
                },
            ),
            LineChart("Frame to ack", "sessions", "delay (ms)", lines, goal=result["capacity"]["goal"]["ack_p99_ms"]),
            BarChart(
                f"Until all {storm['clients']} clients speak again",
                "seconds",
                {
                    label: [_bar("edge", storm[key]["last_s"])]
                    for label, key in (("connections cut", "connections_cut"), ("edge killed", "edge_killed"))
                },
                goal=storm["goal_s"],
            ),
        ),
    )


def soak_picture(result: Mapping[str, Any]) -> Picture:
    title = f"{result['speakers']} speakers who come, go and resume"
    memory = {"edge": list(result["memory_mb"])}
    goal = result["goal_growth"] * result["early_mb"]
    chart = LineChart(title, "minutes", "resident memory (MB)", memory, goal)
    return Picture("The edge's memory", (chart,))


def _bar(name: str, figure: Mapping[str, float], goal: float | None = None) -> Bar:
    return Bar(name, figure["median"], (figure["least"], figure["greatest"]), goal)
