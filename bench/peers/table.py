"""The runs as a table for a terminal."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

_HEADINGS = (
    "server",
    "speakers",
    "final p50 / p95",
    "shown p50 / p95",
    "WER",
    "tail lost",
    "repeated",
    "CPU",
    "memory",
    "held",
)


def table(runs: Sequence[dict[str, Any]]) -> Table:
    shown = Table(title="Delays in seconds; CPU seconds per second of audio")
    for heading in _HEADINGS:
        shown.add_column(heading, justify="left" if heading == "server" else "right")
    for run in sorted(runs, key=lambda each: (each["server"], each["speakers"])):
        shown.add_row(run["server"], str(run["speakers"]), *_cells(run))
    return shown


def _cells(run: dict[str, Any]) -> list[str]:
    if "failed" in run:
        return ["failed"]
    return [
        _delays(run["committed_s"]),
        _delays(run["shown_s"]),
        f"{100 * run['wer']:.1f} %",
        f"{run['tail_missing']}/{run['tail_words']}",
        str(run["repeated_passages"]),
        f"{run['cpu_s_per_audio_s']:.2f}",
        f"{run['peak_mb']} MB",
        "yes" if run["held"] else "no",
    ]


def _delays(delays: dict[str, float] | None) -> str:
    return f"{delays['p50']:.2f} / {delays['p95']:.2f}" if delays else "—"
