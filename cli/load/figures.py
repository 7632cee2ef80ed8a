"""The figures of all simulated speakers together, and what to conclude from them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cli.load.trace import SpeakerTrace
from client.accuracy import word_error_rate
from client.held import LoadRun
from infra.quantiles import percentiles

_LATE_MS = 100.0
"""If this machine sends later than that, it measures itself."""

Percentiles = dict[str, float]


@dataclass(frozen=True)
class LoadFigures:
    """Delays are in milliseconds."""

    speakers: int
    served: int
    """Speakers whose session began."""
    rejected_attempts: dict[str, int]
    """By the error's code; each was followed by another attempt."""
    failed: dict[str, str]
    """By the speaker's name, why the session was not completed."""
    ack: Percentiles | None
    """From a frame's sending to the ack that covers it."""
    partial: Percentiles | None
    """From a word's end to the partial that shows it first."""
    final: Percentiles | None
    """From a word's end to its final."""
    growth_ms: float | None
    """Median delay to final in the second half of the sessions, less that in the first."""
    reconnections: int
    reconnect_to_ack: Percentiles | None
    """From a connection's loss to the next ack."""
    losses: dict[str, list[str]]
    """By the speaker's name, what was lost."""
    duplicate_finals: int
    repeated_passages: int
    wer: float | None
    frames_acked: int
    late: Percentiles | None
    """How much later than due this machine sent."""

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
            growth_s=None if self.growth_ms is None else self.growth_ms / 1000,
        )

    @property
    def measures_itself(self) -> bool:
        return self.late is not None and self.late["p99"] > _LATE_MS


def figures(traces: Sequence[SpeakerTrace]) -> LoadFigures:
    began = [trace for trace in traces if trace.began]
    known = [(trace.speech.text, trace.transcript) for trace in began if trace.speech.text is not None]
    gaps = [gap for trace in began for gap in trace.gaps]
    losses = {trace.name: found for trace in began if (found := trace.losses())}
    return LoadFigures(
        speakers=len(traces),
        served=len(began),
        rejected_attempts=dict(sum((trace.rejected_attempts for trace in traces), Counter[str]())),
        failed={trace.name: trace.failed for trace in traces if trace.failed},
        ack=percentiles([delay for trace in began for delay in trace.ack_delays_ms]),
        partial=percentiles([delay for trace in began for delay in trace.partial_delays_ms()]),
        final=percentiles([delay for trace in began for _, delay in trace.final_delays_ms()]),
        growth_ms=_growth_ms(began),
        reconnections=len(gaps),
        reconnect_to_ack=percentiles(
            [each.until_ms - each.from_ms for each in gaps if each.until_ms is not None and each.acked]
        ),
        losses=losses,
        duplicate_finals=sum(trace.duplicate_finals for trace in began),
        repeated_passages=sum(trace.repeated_passages for trace in began),
        wer=round(word_error_rate([reference for reference, _ in known], [hypothesis for _, hypothesis in known]), 4)
        if known
        else None,
        frames_acked=sum(trace.frames_acked for trace in began),
        late=percentiles([late for trace in began for late in trace.late_ms]),
    )


def _growth_ms(traces: Sequence[SpeakerTrace]) -> float | None:
    halves: tuple[list[float], list[float]] = ([], [])
    for trace in traces:
        middle_ms = trace.speech.seconds * 500
        for ended_ms, delay in trace.final_delays_ms():
            halves[ended_ms > middle_ms].append(delay)
    first, second = map(percentiles, halves)
    return None if first is None or second is None else round(second["p50"] - first["p50"], 1)


def conclusion(found: LoadFigures) -> str:
    """For a person who wants to know whether this is enough."""
    if found.served == 0:
        return "No speaker was served; see the errors above."
    said = []
    if found.run.held and found.final:
        said.append(f"Held {found.speakers} speakers: p95 to final {found.final['p95'] / 1000:.1f} s.")
    else:
        said.append(f"Did not hold {found.speakers} speakers: {', '.join(found.run.shortfalls)}.")
    if not found.lossless:
        said.append("Something was lost, which must not happen under any load: please keep the logs and report it.")
    if found.measures_itself:
        said.append("This machine sent late, so it measured itself: run it on a larger machine, or on several.")
    return " ".join(said)


def as_json(found: LoadFigures) -> dict[str, Any]:
    return {
        "speakers": found.speakers,
        "served": found.served,
        "held": found.run.held,
        "conclusion": conclusion(found),
        "delay_ms": {"frame_to_ack": found.ack, "word_to_partial": found.partial, "word_to_final": found.final},
        "delay_growth_ms": found.growth_ms,
        "frames_acked": found.frames_acked,
        "losses": found.losses,
        "duplicate_finals": found.duplicate_finals,
        "repeated_passages": found.repeated_passages,
        "wer": found.wer,
        "rejected_attempts": found.rejected_attempts,
        "failed": found.failed,
        "reconnections": found.reconnections,
        "reconnect_to_ack_ms": found.reconnect_to_ack,
        "sent_late_ms": found.late,
    }
