"""Draws the pictures of the committed results again, from their JSON alone: `python -m bench.redraw`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench import delay, growth, inference_overhead, policies, recovery, report_overhead, sizing
from bench.charts import Picture
from bench.edge import charts as edge
from bench.peers import charts as peers
from bench.result_files import RESULTS, drawn, read_result

PICTURES: Mapping[str, Callable[[Mapping[str, Any]], Picture]] = {
    "delay": delay.picture,
    "edge-soak": edge.soak_picture,
    "edge": edge.picture,
    "growth": growth.picture,
    "inference-overhead": inference_overhead.picture,
    "peers-door": peers.door_picture,
    "peers-whole": peers.whole_picture,
    "policies": policies.picture,
    "recovery": recovery.picture,
    "report-overhead": report_overhead.picture,
    "sizing": sizing.picture,
}
"""By the beginning of the file's name; the longer of two beginnings stands first."""


def redrawn(file: Path) -> str:
    """The text of the picture of this result."""
    result = read_result(file)
    return drawn(result, next(picture for name, picture in PICTURES.items() if file.stem.startswith(name))(result))


def main() -> None:
    for file in sorted(RESULTS.glob("*.json")):
        file.with_suffix(".svg").write_text(redrawn(file), encoding="utf-8")
        print(f"drawn: {file.with_suffix('.svg')}")


if __name__ == "__main__":
    main()
