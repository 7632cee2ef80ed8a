"""What of a connection's events is measured and written down."""

from collections.abc import Callable, Mapping
from typing import Any

from edge import metrics
from edge.core.events import (
    Announced,
    Event,
    Kept,
    Postponed,
    Refused,
    Rejected,
    Replied,
    Unclaimed,
    Unintelligible,
    Unverified,
)
from infra.telemetry import Logger
from schemas.replies import Gone, Resumed
from schemas.sessions import RecordKind


def count(event: Event, log: Logger) -> None:
    counting = _COUNTING.get(type(event))
    if counting:
        counting(event, log)


def _refused(event: Refused, log: Logger) -> None:
    metrics.TOKENS_REFUSED.labels(event.reason).inc()
    log.info("token refused", reason=event.reason)


def _announced(_: Announced, log: Logger) -> None:
    metrics.SESSIONS.inc()
    log.info("session started")


def _replied(event: Replied, log: Logger) -> None:
    if isinstance(event.message, Resumed | Gone):
        outcome = event.message.code if isinstance(event.message, Gone) else "resumed"
        metrics.RESUMES.labels(outcome).inc()
        log.info("resume answered", outcome=outcome)


def _kept(event: Kept, _: Logger) -> None:
    if event.record.kind is RecordKind.FRAME:
        metrics.FRAMES.inc()
        metrics.AUDIO_BYTES.inc(len(event.record.value))


# A frame causes several events: each is looked up, and most are found to be nothing that is counted.
_COUNTING: Mapping[type, Callable[[Any, Logger], None]] = {
    Refused: _refused,
    Unverified: lambda _, __: metrics.TOKENS_REFUSED.labels("unavailable").inc(),
    Rejected: lambda event, _: metrics.SESSIONS_REFUSED.labels("competition" if event.competition else "user").inc(),
    Postponed: lambda _, __: metrics.SESSIONS_REFUSED.labels("load").inc(),
    Unintelligible: lambda _, __: metrics.AUDIO_BROKEN.inc(),
    Announced: _announced,
    Unclaimed: lambda _, __: metrics.RESUMES.labels("invalid").inc(),
    Replied: _replied,
    Kept: _kept,
}
