"""What came of all simulated speakers together, and what a deployer should conclude from it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cli.load.trace import Trace
from client.accuracy import word_error_rate
from client.held import LoadRun
from infra.quantiles import percentiles

_LATE_MS = 100.0
"""If messages leave this machine later than that, it measures itself."""

Percentiles = dict[str, float]


@dataclass(frozen=True)
class Figures:
    """`losses`: by the speaker's name, what was lost. `grown_ms`: the median delay to final in the second half of the
    sessions, less that in the first. Delays in milliseconds."""

    speakers: int
    served: int
    turned_away: dict[str, int]
    failed: dict[str, str]
    ack: Percentiles | None
    partial: Percentiles | None
    final: Percentiles | None
    grown_ms: float | None
    returns: int
    return_to_ack: Percentiles | None
    losses: dict[str, list[str]]
    finals_twice: int
    passages_twice: int
    wer: float | None
    frames_acked: int
    late: Percentiles | None

    @property
    def lossless(self) -> bool:
        return not self.losses

    @property
    def run(self) -> LoadRun:
        return LoadRun(
            speakers=self.speakers,
            served=self.served,
            incomplete=len(self.losses),
            final_p95_s=None if self.final is None else self.final["p95"] / 1000,
            growth_s=None if self.grown_ms is None else self.grown_ms / 1000,
        )

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
        ack=percentiles([delay for trace in began for delay in trace.ack_delays_ms]),
        partial=percentiles([delay for trace in began for delay in trace.partial_delays_ms()]),
        final=percentiles([delay for trace in began for _, delay in trace.final_delays_ms()]),
        grown_ms=_grown_ms(began),
        returns=len(absences),
        return_to_ack=percentiles(
            [each.until_ms - each.from_ms for each in absences if each.until_ms is not None and each.acked]
        ),
        losses=losses,
        finals_twice=sum(trace.finals_twice for trace in began),
        passages_twice=sum(trace.passages_twice for trace in began),
        wer=round(word_error_rate([said for said, _ in known], [heard for _, heard in known]), 4) if known else None,
        frames_acked=sum(trace.frames_acked for trace in began),
        late=percentiles([late for trace in began for late in trace.late_ms]),
    )


def _grown_ms(traces: Sequence[Trace]) -> float | None:
    halves: tuple[list[float], list[float]] = ([], [])
    for trace in traces:
        middle_ms = trace.speech.seconds * 500
        for ended_ms, delay in trace.final_delays_ms():
            halves[ended_ms > middle_ms].append(delay)
    first, second = map(percentiles, halves)
    return None if first is None or second is None else round(second["p50"] - first["p50"], 1)


def conclusion(found: Figures) -> str:
    """For a person who wants to know whether this is enough."""
    if found.served == 0:
        return "Nobody was served: see what turned them away."
    said = []
    if found.run.held and found.final:
        said.append(f"Held {found.speakers} speakers: p95 to final {found.final['p95'] / 1000:.1f} s.")
    else:
        said.append(f"Did not hold {found.speakers} speakers: {', '.join(found.run.shortfalls)}.")
    if not found.lossless:
        said.append("Something was lost, which must not happen under any load: keep the logs.")
    if found.measures_itself:
        said.append("This machine sent late, so it measured itself: run from a larger one, or from several.")
    return " ".join(said)


def as_json(found: Figures) -> dict[str, Any]:
    return {
        "speakers": found.speakers,
        "served": found.served,
        "held": found.run.held,
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
