"""What of a connection's events is measured and written down."""

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
    if isinstance(event, Refused):
        metrics.TOKENS_REFUSED.labels(event.reason).inc()
        log.info("token refused", reason=event.reason)
    elif isinstance(event, Unverified):
        metrics.TOKENS_REFUSED.labels("unavailable").inc()
    elif isinstance(event, Rejected):
        metrics.SESSIONS_REFUSED.labels("competition" if event.competition else "user").inc()
    elif isinstance(event, Postponed):
        metrics.SESSIONS_REFUSED.labels("load").inc()
    elif isinstance(event, Unintelligible):
        metrics.AUDIO_BROKEN.inc()
    elif isinstance(event, Announced):
        metrics.SESSIONS.inc()
        log.info("session started")
    elif isinstance(event, Unclaimed):
        metrics.RESUMES.labels("invalid").inc()
    elif isinstance(event, Replied) and isinstance(event.message, Resumed | Gone):
        outcome = event.message.code if isinstance(event.message, Gone) else "resumed"
        metrics.RESUMES.labels(outcome).inc()
        log.info("resume answered", outcome=outcome)
    elif isinstance(event, Kept) and event.record.kind is RecordKind.FRAME:
        metrics.FRAMES.inc()
        metrics.AUDIO_BYTES.inc(len(event.record.value))
