"""Draws the pictures of the results that are here anew, from their JSON alone: `python -m bench.redraw`."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench import delay, growth, inference_overhead, policies, recovery, report_overhead, sizing
from bench.charts import Panel, draw
from bench.edge import charts as edge
from bench.peers import charts as peers
from bench.peers.door import charts as edge_peers
from bench.result_files import RESULTS

PANELS: Mapping[str, Callable[[Any], Sequence[Panel]]] = {
    "delay": delay.panels,
    "edge-soak": edge.soak_panels,
    "edge-peers": edge_peers.panels,
    "edge": edge.panels,
    "growth": growth.panels,
    "limit": inference_overhead.panels,
    "peers": lambda found: peers.panels(found["runs"]),
    "policies": lambda found: policies.panels(found["rows"]),
    "recovery": recovery.panels,
    "report": report_overhead.panels,
    "sizing": sizing.panels,
}
"""By the beginning of the file's name."""


def pictures() -> dict[str, str]:
    """The text of each result's picture, by the name of its file."""
    drawn = {}
    for result in sorted(RESULTS.glob("*.json")):
        panels = next((panels for name, panels in PANELS.items() if result.stem.startswith(name)), None)
        if panels is not None:
            drawn[f"{result.stem}.svg"] = draw(panels(json.loads(result.read_text(encoding="utf-8"))))
    return drawn


def main() -> None:
    for name, text in pictures().items():
        (RESULTS / name).write_text(text, encoding="utf-8")
        print(f"drawn: {RESULTS / name}")


if __name__ == "__main__":
    main()
