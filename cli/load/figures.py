"""What came of all simulated speakers together, and what a deployer should conclude from it."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cli.load.trace import Trace
from client.accuracy import word_error_rate

HELD_P95_MS = 5000.0
"""Speakers are held if 95 of 100 words are final within this, delays do not grow, nobody is turned away for good, and
nothing is lost."""
_GROWTH_MS = 500.0
_LATE_MS = 100.0
"""If messages leave this machine later than that, it measures itself."""

Quantiles = dict[str, float]


def quantiles(values: Sequence[float]) -> Quantiles | None:
    """Median, 95th and 99th percentile and greatest; None for no values."""
    ordered = sorted(values)
    if not ordered:
        return None
    figures = {
        name: ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return {name: round(value, 1) for name, value in (*figures.items(), ("greatest", ordered[-1]))}


@dataclass(frozen=True)
class Figures:
    """`losses`: by the speaker's name, what was lost. `grown_ms`: the median delay to final in the second half of the
    sessions, less that in the first. Delays in milliseconds."""

    speakers: int
    served: int
    turned_away: dict[str, int]
    failed: dict[str, str]
    ack: Quantiles | None
    partial: Quantiles | None
    final: Quantiles | None
    grown_ms: float | None
    returns: int
    return_to_ack: Quantiles | None
    losses: dict[str, list[str]]
    finals_twice: int
    passages_twice: int
    wer: float | None
    frames_acked: int
    late: Quantiles | None

    @property
    def lossless(self) -> bool:
        return not self.losses

    @property
    def held(self) -> bool:
        words_in_time = self.final is not None and self.final["p95"] < HELD_P95_MS
        steady = self.grown_ms is None or self.grown_ms <= _GROWTH_MS
        return self.lossless and self.served == self.speakers and words_in_time and steady

    @property
    def measures_itself(self) -> bool:
        return self.late is not None and self.late["p99"] > _LATE_MS


def figures(traces: Sequence[Trace]) -> Figures:
    began = [trace for trace in traces if trace.began]
    known = [(trace.speech.text, trace.transcript) for trace in began if trace.speech.text is not None]
    absences = [absence for trace in began for absence in trace.absences]
    losses = {trace.name: found for trace in began if (found := trace.losses())}
    return Figures(
        speakers=len(traces),
        served=len(began),
        turned_away=dict(sum((trace.turned_away for trace in traces), Counter[str]())),
        failed={trace.name: trace.failed for trace in traces if trace.failed},
        ack=quantiles([delay for trace in began for delay in trace.ack_delays_ms]),
        partial=quantiles([delay for trace in began for delay in trace.partial_delays_ms()]),
        final=quantiles([delay for trace in began for _, delay in trace.final_delays_ms()]),
        grown_ms=_grown_ms(began),
        returns=len(absences),
        return_to_ack=quantiles(
            [each.until_ms - each.from_ms for each in absences if each.until_ms is not None and each.acked]
        ),
        losses=losses,
        finals_twice=sum(trace.finals_twice for trace in began),
        passages_twice=sum(trace.passages_twice for trace in began),
        wer=round(word_error_rate([said for said, _ in known], [heard for _, heard in known]), 4) if known else None,
        frames_acked=sum(trace.frames_acked for trace in began),
        late=quantiles([late for trace in began for late in trace.late_ms]),
    )


def _grown_ms(traces: Sequence[Trace]) -> float | None:
    halves: tuple[list[float], list[float]] = ([], [])
    for trace in traces:
        middle_ms = trace.speech.seconds * 500
        for ended_ms, delay in trace.final_delays_ms():
            halves[ended_ms > middle_ms].append(delay)
    first, second = map(quantiles, halves)
    return None if first is None or second is None else round(second["p50"] - first["p50"], 1)


def conclusion(found: Figures) -> str:
    """For a person who wants to know whether this is enough."""
    if found.served == 0:
        return "Nobody was served: see what turned them away."
    said = []
    if found.held and found.final:
        said.append(f"Held {found.speakers} speakers: p95 to final {found.final['p95'] / 1000:.1f} s.")
    else:
        said.append(f"Did not hold {found.speakers} speakers: {', '.join(_faults(found))}.")
    if not found.lossless:
        said.append("Something was lost, which must not happen under any load: keep the logs.")
    if found.measures_itself:
        said.append("This machine sent late, so it measured itself: run from a larger one, or from several.")
    return " ".join(said)


def _faults(found: Figures) -> list[str]:
    faults = []
    if found.served < found.speakers:
        faults.append(f"{found.speakers - found.served} were not served")
    if found.losses:
        faults.append(f"{len(found.losses)} sessions are not whole")
    if found.final is None:
        faults.append("no word became final")
    elif found.final["p95"] >= HELD_P95_MS:
        faults.append(f"p95 to final {found.final['p95'] / 1000:.1f} s (wanted: under {HELD_P95_MS / 1000:.0f})")
    if found.grown_ms is not None and found.grown_ms > _GROWTH_MS:
        faults.append(f"delays grew by {found.grown_ms / 1000:.1f} s")
    return faults


def as_json(found: Figures) -> dict[str, Any]:
    return {
        "speakers": found.speakers,
        "served": found.served,
        "held": found.held,
        "conclusion": conclusion(found),
        "delay_ms": {"frame_to_ack": found.ack, "word_to_partial": found.partial, "word_to_final": found.final},
        "delay_grown_ms": found.grown_ms,
        "frames_acked": found.frames_acked,
        "losses": found.losses,
        "finals_twice": found.finals_twice,
        "passages_twice": found.passages_twice,
        "wer": found.wer,
        "turned_away": found.turned_away,
        "failed": found.failed,
        "returns": found.returns,
        "return_to_ack_ms": found.return_to_ack,
        "sent_late_ms": found.late,
    }
