"""The edge's figures as pictures: one panel for each benchmark, and the soak's."""

from typing import Any

from bench.charts import Bar, Bars, Lines, Panel


def panels(results: dict[str, Any]) -> tuple[Panel, ...]:
    """Medians with their spread."""
    cost, delay, storm = results["limit"], results["delay"], results["storm"]
    steps = results["scale"]["steps"]
    lines = {
        f"ack, {share}": [(step["connections"], step["ack_ms"][share]) for step in steps] for share in ("p50", "p99")
    }
    bare_us = sum(cost["cpu_us_per_frame"][name]["median"] for name in ("websockets", "aiokafka"))
    return (
        Bars(
            "Processor time per frame",
            {name: [_bar(name, figure)] for name, figure in cost["cpu_us_per_frame"].items()},
            unit="us",
            goal=cost["goal"] * bare_us,
        ),
        Bars(
            "Until a frame is kept, half load",
            {
                share: [_bar("edge", delay["frame_to_ack_ms"][share]), _bar("aiokafka", delay["produce_ms"][share])]
                for share in ("p50", "p99")
            },
            unit="ms",
        ),
        Lines("Frame to ack, one core", "connections", lines, unit="ms", goal=results["scale"]["goal"]["ack_p99_ms"]),
        Bars(
            f"Until all {storm['clients']} speak again",
            {
                label: [_bar("edge", storm[key]["last_s"])]
                for label, key in (("connections cut", "connections_cut"), ("edge killed", "edge_killed"))
            },
            unit="s",
            goal=storm["goal_s"],
        ),
    )


def soak_panels(report: dict[str, Any]) -> tuple[Panel, ...]:
    return (Lines("The edge's memory", "minutes", {"edge": list(report["memory_mb"])}, unit="MB"),)


def _bar(name: str, figure: dict[str, float]) -> Bar:
    return Bar(name, figure["median"], (figure["least"], figure["greatest"]))
