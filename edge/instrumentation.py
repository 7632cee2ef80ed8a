"""Which of a connection's events are counted and logged."""

from collections.abc import Callable, Mapping
from typing import Any

from edge import metrics
from edge.core.events import (
    Announced,
    Appended,
    AuthUnavailable,
    DecodeFailed,
    Event,
    Overloaded,
    QuotaExceeded,
    ReplyReceived,
    ResumeTokenRejected,
    TokenRejected,
)
from infra.telemetry import Logger
from schemas.replies import Gone, Resumed
from schemas.sessions import RecordKind


def observe(event: Event, log: Logger) -> None:
    observer = _OBSERVERS.get(type(event))
    if observer:
        observer(event, log)


def _token_rejected(event: TokenRejected, log: Logger) -> None:
    metrics.AUTH_FAILURES.labels(event.reason).inc()
    log.info("token rejected", reason=event.reason)


def _announced(_: Announced, log: Logger) -> None:
    metrics.SESSIONS_STARTED.inc()
    log.info("session started")


def _reply_received(event: ReplyReceived, log: Logger) -> None:
    if isinstance(event.message, Resumed | Gone):
        outcome = event.message.code if isinstance(event.message, Gone) else "resumed"
        metrics.RESUMES.labels(outcome).inc()
        log.info("resume answered", outcome=outcome)


def _appended(event: Appended, _: Logger) -> None:
    if event.record.kind is RecordKind.FRAME:
        metrics.FRAMES_APPENDED.inc()
        metrics.AUDIO_APPENDED_BYTES.inc(len(event.record.value))


def _quota_exceeded(event: QuotaExceeded, _: Logger) -> None:
    metrics.SESSIONS_REJECTED.labels("competition" if event.competition else "user").inc()


_OBSERVERS: Mapping[type, Callable[[Any, Logger], None]] = {
    TokenRejected: _token_rejected,
    AuthUnavailable: lambda _, __: metrics.AUTH_FAILURES.labels("unavailable").inc(),
    QuotaExceeded: _quota_exceeded,
    Overloaded: lambda _, __: metrics.SESSIONS_REJECTED.labels("load").inc(),
    DecodeFailed: lambda _, __: metrics.DECODE_FAILURES.inc(),
    Announced: _announced,
    ResumeTokenRejected: lambda _, __: metrics.RESUMES.labels("invalid").inc(),
    ReplyReceived: _reply_received,
    Appended: _appended,
}
"""A frame causes several events: each is looked up here, and most are not counted."""
