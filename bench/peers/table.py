"""The runs as a table, for a terminal and for a text in Markdown."""

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


def markdown(runs: Sequence[dict[str, Any]]) -> str:
    """The same table for the README, and under it how many speakers each server held."""
    headings = (
        "server",
        "speakers",
        "to final, p50 / p95",
        "WER",
        "CPU",
        "last words missing",
        "passages repeated",
        "held",
    )
    rows = [_markdown_cells(run) for run in sorted(runs, key=lambda each: (each["server"], each["speakers"]))]
    lines = [headings, ("---",) * len(headings), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    most = {run["server"]: most_held(runs, run["server"]) for run in runs}
    held = ", ".join(f"{server} {count}" for server, count in sorted(most.items()))
    return f"{table}\n\nMost speakers held: {held}."


def most_held(runs: Sequence[dict[str, Any]], server: str) -> int:
    """Speakers with whom a server kept up, in the longest run of counts without a failure from the fewest on."""
    held = 0
    for run in sorted((run for run in runs if run["server"] == server), key=lambda run: int(run["speakers"])):
        if not run["held"]:
            break
        held = int(run["speakers"])
    return held


def _markdown_cells(run: dict[str, Any]) -> tuple[str, ...]:
    server, speakers = str(run["server"]), str(run["speakers"])
    if "failed" in run:
        return server, speakers, "failed", "", "", "", "", "no"
    return (
        server,
        speakers,
        f"{_delays(run['committed_s'])} s",
        f"{100 * run['wer']:.1f} %",
        f"{run['cpu_s_per_audio_s']:.2f}",
        f"{run['tail_missing']} of {run['tail_words']}",
        str(run["repeated_passages"]),
        "yes" if run["held"] else "no",
    )
