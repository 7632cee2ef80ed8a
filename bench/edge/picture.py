"""The edge's figures as a picture: one panel for each benchmark."""

from typing import Any

from bench.drawing import Bars, Panel, draw

_PARTS = ("websockets", "aiokafka")


def drawn(results: dict[str, Any]) -> str:
    """Medians; dashed lines are the goals."""
    cost, delay = results["limit"], results["delay"]
    cpu = {name: figure["median"] for name, figure in cost["cpu_us_per_frame"].items()}
    bare = {name: cpu[name] for name in _PARTS}
    groups = {
        f"{who}, {share}": {who: delay[key][share]["median"]}
        for share in ("p50", "p99")
        for who, key in (("edge", "frame_to_ack_ms"), ("aiokafka", "produce_ms"))
    }
    steps, storm = results["scale"]["steps"], results["storm"]
    lines = {
        f"ack, {share}": [(step["connections"], step["ack_ms"][share]) for step in steps] for share in ("p50", "p99")
    }
    back = {
        "connections cut": {"edge": storm["connections_cut"]["last_s"]["median"]},
        "edge killed": {"edge": storm["edge_killed"]["last_s"]["median"]},
    }
    return draw(
        [
            Bars(
                "Processor time per frame",
                "us",
                {"edge": {"edge": cpu["edge"]}, "bare": bare},
                cost["goal"] * sum(bare.values()),
            ),
            Bars("Until a frame is kept, half load", "ms", groups),
            Panel("Frame to ack, one core", "ms", "connections", lines, results["scale"]["goal"]["ack_p99_ms"]),
            Bars(f"Until all {storm['clients']} speak again", "s", back, storm["goal_s"]),
        ]
    )
