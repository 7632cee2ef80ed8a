"""The comparison as a picture: how late final words are, and how many of them are wrong, by speakers at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench import drawing

_GREATEST_DELAY_S = 20.0


@dataclass(frozen=True)
class _Figure:
    title: str
    unit: str
    value: Callable[[dict[str, Any]], float]
    limit: float | None = None


_FIGURES = (
    _Figure(
        "A word's end to its final, 95th percentile",
        "s",
        lambda run: min(float(run["committed_s"]["p95"]), _GREATEST_DELAY_S),
        5.0,
    ),
    _Figure("Word error rate", "%", lambda run: 100 * float(run["wer"])),
    _Figure("CPU seconds per second of audio", "", lambda run: float(run["cpu_s_per_audio_s"])),
)


def draw(runs: Sequence[dict[str, Any]]) -> str:
    """An SVG with one panel per figure and one line per server. Delays over 20 s are drawn at 20."""
    whole = [run for run in runs if run.get("committed_s")]
    return drawing.draw([_panel(figure, whole) for figure in _FIGURES])


def _panel(figure: _Figure, runs: Sequence[dict[str, Any]]) -> drawing.Panel:
    lines = {
        server: sorted((float(run["speakers"]), figure.value(run)) for run in runs if run["server"] == server)
        for server in sorted({run["server"] for run in runs})
    }
    return drawing.Panel(figure.title, figure.unit, "speakers at once", lines, figure.limit)
