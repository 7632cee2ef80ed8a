"""Draws the pictures of the committed results again, from their JSON alone: `python -m bench.redraw`."""

from collections.abc import Callable, Mapping
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


def pictures() -> dict[str, str]:
    """The text of each result's picture, by the name of its file."""
    found = {}
    for file in sorted(RESULTS.glob("*.json")):
        picture = next((picture for name, picture in PICTURES.items() if file.stem.startswith(name)), None)
        if picture is not None:
            result = read_result(file)
            found[f"{file.stem}.svg"] = drawn(result, picture(result))
    return found


def main() -> None:
    for name, text in pictures().items():
        (RESULTS / name).write_text(text, encoding="utf-8")
        print(f"drawn: {RESULTS / name}")


if __name__ == "__main__":
    main()
