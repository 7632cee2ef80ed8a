"""The figures of one measurement, pooled over all clients."""

from collections.abc import Sequence
from typing import Any

from bench.peers.contender import Row
from bench.peers.whole.scoring import TranscriptScore, WordDelay, score
from bench.peers.whole.streaming_client import StreamingClient
from client.held import HELD_GROWTH_S, HELD_P95_S, LoadRun
from infra.quantiles import quantile

PASSED_IF: dict[str, Any] = {"final_p95_s_below": HELD_P95_S, "growth_s_at_most": HELD_GROWTH_S}
"""`rostrum load` judges by the same rule."""
_ERRORS = ("substitutions", "deletions", "insertions")


def figures(clients: Sequence[StreamingClient]) -> Row:
    """Delays in seconds. `passed`: the clients were held."""
    scores = [score(client) for client in clients]
    words = sum(each.words for each in scores)
    errors = {name: sum(getattr(each, name) for each in scores) for name in _ERRORS}
    committed = _delays(scores, [each.committed for each in scores])
    failed = sum(bool(client.problems) or not client.shown for client in clients)
    run = LoadRun(
        speakers=len(clients),
        served=len(clients) - failed,
        incomplete=0,
        final_p95_s=committed["p95"] if committed else None,
        growth_s=committed["p50_second_half"] - committed["p50_first_half"] if committed else None,
    )
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
        "problems": sorted({problem for client in clients for problem in client.problems})[:10],
        "drain_s": round(max((client.done_s or 0) - (client.ended_s or 0) for client in clients), 1),
        "sent_late_s": round(max(client.latest_s for client in clients), 3),
        "passed": run.held,
    }


def _delays(scores: Sequence[TranscriptScore], delays: Sequence[Sequence[WordDelay]]) -> dict[str, float] | None:
    """None if no word came."""
    halves: tuple[list[float], list[float]] = ([], [])
    for one, of_one in zip(scores, delays, strict=True):
        for delay in of_one:
            halves[delay.due_s > one.seconds / 2].append(delay.delay_s)
    everything = halves[0] + halves[1]
    if not everything:
        return None
    found = {
        "p50": quantile(everything, 0.5),
        "p95": quantile(everything, 0.95),
        "greatest": max(everything),
        "p50_first_half": quantile(halves[0] or everything, 0.5),
        "p50_second_half": quantile(halves[1] or everything, 0.5),
    }
    return {name: round(value, 3) for name, value in found.items()}
