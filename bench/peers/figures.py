"""The figures of one run, all clients pooled."""

import math
from collections.abc import Sequence
from typing import Any

from bench.peers.whole.scoring import Delay, Score, score
from bench.peers.whole.streaming_client import Speaker

HELD_P95_S = 5.0
"""Speakers are held if 95 of 100 words are final within this, every client was served, and delays do not grow."""
_GROWTH_S = 0.5


def figures(speakers: Sequence[Speaker]) -> dict[str, Any]:
    """Delays in seconds; `held` by the rule above."""
    scores = [score(speaker) for speaker in speakers]
    words = sum(each.words for each in scores)
    errors = {
        name: sum(getattr(each, name) for each in scores) for name in ("substitutions", "deletions", "insertions")
    }
    committed = _delays(scores, [each.committed for each in scores])
    failed = sum(bool(speaker.notes) or not speaker.shown for speaker in speakers)
    return {
        "committed_s": committed,
        "shown_s": _delays(scores, [each.shown for each in scores]),
        "wer": round(sum(errors.values()) / words, 4),
        "words": words,
        **errors,
        "tail_words": sum(each.tail_words for each in scores),
        "tail_missing": sum(each.tail_missing for each in scores),
        "repeated_passages": sum(each.repeated for each in scores),
        "longest_lost_words": max(each.lost for each in scores),
        "clients_failed": failed,
        "notes": sorted({note for speaker in speakers for note in speaker.notes})[:10],
        "drain_s": round(max((speaker.done_s or 0) - (speaker.ended_s or 0) for speaker in speakers), 1),
        "sent_late_s": round(max(speaker.latest_s for speaker in speakers), 3),
        "held": not failed and _holds(committed),
    }


def _delays(scores: Sequence[Score], delays: Sequence[Sequence[Delay]]) -> dict[str, float] | None:
    """None if no word came."""
    halves: tuple[list[float], list[float]] = ([], [])
    for one, of_one in zip(scores, delays, strict=True):
        for delay in of_one:
            halves[delay.due_s > one.seconds / 2].append(delay.delay_s)
    everything = sorted(halves[0] + halves[1])
    if not everything:
        return None
    return {
        "p50": quantile(everything, 0.5),
        "p95": quantile(everything, 0.95),
        "greatest": quantile(everything, 1.0),
        "p50_first_half": quantile(sorted(halves[0]) or everything, 0.5),
        "p50_second_half": quantile(sorted(halves[1]) or everything, 0.5),
    }


def _holds(committed: dict[str, float] | None) -> bool:
    if committed is None:
        return False
    grown_s = committed["p50_second_half"] - committed["p50_first_half"]
    return committed["p95"] < HELD_P95_S and grown_s <= _GROWTH_S


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of ordered values, between two of them where it falls there."""
    at = (len(ordered) - 1) * share
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    return round(low + (high - low) * (at - math.floor(at)), 3)
