"""The comparison as a picture: how late final words are, how many of them are wrong, and what they cost, by speakers
at once."""

from collections.abc import Callable, Sequence
from typing import Any

from bench.charts import Lines
from bench.peers.figures import HELD_P95_S

_GREATEST_DELAY_S = 20.0
"""Delays over it are drawn at it."""
_ACROSS = "speakers at once"


def panels(runs: Sequence[dict[str, Any]]) -> tuple[Lines, ...]:
    """A line per server. Runs that failed, or in which no word came, are in the table alone."""
    whole = sorted((run for run in runs if run.get("committed_s")), key=lambda run: (run["server"], run["speakers"]))

    def series(value: Callable[[dict[str, Any]], float]) -> dict[str, list[tuple[float, float]]]:
        return {
            server: [(run["speakers"], value(run)) for run in whole if run["server"] == server]
            for server in dict.fromkeys(run["server"] for run in whole)
        }

    return (
        Lines(
            "A word's end to its final, 95th percentile",
            _ACROSS,
            series(lambda run: float(run["committed_s"]["p95"])),
            unit="s",
            goal=HELD_P95_S,
            ceiling=_GREATEST_DELAY_S,
        ),
        Lines("Word error rate", _ACROSS, series(lambda run: 100 * float(run["wer"])), unit="%"),
        Lines("CPU seconds per second of audio", _ACROSS, series(lambda run: float(run["cpu_s_per_audio_s"]))),
    )
