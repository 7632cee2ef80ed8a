"""What of a connection's events is measured and written down."""

from edge import metrics
from edge.core.events import Announced, Event, Kept, Refused, Rejected, Unintelligible, Unverified
from infra.telemetry import get_logger
from schemas.sessions import RecordKind

_log = get_logger("edge")


def count(event: Event) -> None:
    if isinstance(event, Refused):
        metrics.TOKENS_REFUSED.labels(event.reason).inc()
        _log.info("token refused", reason=event.reason)
    elif isinstance(event, Unverified):
        metrics.TOKENS_REFUSED.labels("unavailable").inc()
    elif isinstance(event, Rejected):
        metrics.SESSIONS_REFUSED.labels("competition" if event.competition else "user").inc()
    elif isinstance(event, Unintelligible):
        metrics.AUDIO_BROKEN.inc()
    elif isinstance(event, Announced):
        metrics.SESSIONS.inc()
        _log.info("session started")
    elif isinstance(event, Kept) and event.record.kind is RecordKind.FRAME:
        metrics.FRAMES.inc()
        metrics.AUDIO_BYTES.inc(len(event.record.value))
