"""The protocol of one connection, as a table: in this phase, on this event, this step, which may lead to those phases.

An event that the table does not name is ignored. `docs/protocol.md` shows a diagram drawn from it
(`python -m edge.core.diagram`); the idea of keeping transitions as data is h11's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.core.connection_state import ConnectionPhase, ConnectionState, Outcome
from edge.core.events import (
    Admitted,
    Announced,
    Appended,
    AudioDecoded,
    AudioReceived,
    AuthUnavailable,
    DecodeFailed,
    Drain,
    Event,
    InvalidMessage,
    Overloaded,
    ProduceFailed,
    QuotaExceeded,
    ReplyReceived,
    ResumeTokenAccepted,
    ResumeTokenRejected,
    SendQueueFull,
    Tick,
    TokenAccepted,
    TokenRejected,
    TranscriberProgress,
)
from edge.core.steps import any_phase, authenticate, deliver_replies, start_session, stream_audio
from schemas.wire import Auth, BeginAnswer, End, Ping, Start

Step = Callable[[ConnectionState, Any, int], Outcome]


def receive(connection: ConnectionState, event: Event, now_ms: int) -> Outcome:
    """The connection after an event, and the effects to carry out. `now_ms` is Unix time and must not go back."""
    transition = TABLE.get((connection.phase, type(event)))
    return transition.step(connection, event, now_ms) if transition else (connection, ())


def next_tick_ms(connection: ConnectionState, now_ms: int) -> int:
    """When the next `Tick` is due, in Unix time."""
    phase = connection.phase
    if phase is _CONNECTED and not connection.token_received:
        return connection.opened_ms + connection.policy.auth_ms
    due_ms = now_ms + connection.policy.alive_ms // 2
    if phase is _STREAMING and connection.session.records_queued == connection.session.records_appended:
        due_ms = connection.session.last_queued_ms + connection.policy.alive_ms
    if connection.expires_ms is None or phase not in (_READY, _STREAMING):
        return due_ms
    is_final = connection.expiry_notified or phase is _READY
    return min(due_ms, connection.expires_ms - (0 if is_final else connection.policy.token_notice_ms))


@dataclass(frozen=True)
class Transition:
    """What an event leads to in one phase."""

    step: Step
    to: frozenset[ConnectionPhase]
    """The phases that the step may lead to."""


_CONNECTED, _READY, _STARTING, _STREAMING, _ENDING, _CLOSED = ConnectionPhase
_AUTHENTICATED = (_READY, _STARTING, _STREAMING, _ENDING)
_OPEN = (_CONNECTED, *_AUTHENTICATED)
_SAME = None
"""The phase in which the event happened."""

_Line = tuple[tuple[ConnectionPhase, ...], tuple[type, ...], Step, tuple[ConnectionPhase | None, ...]]

_LINES: tuple[_Line, ...] = (
    # Authentication: first of all, and again whenever a fresh token arrives.
    (_OPEN, (Auth,), authenticate.verify_token, (_SAME,)),
    ((_CONNECTED,), (TokenAccepted,), authenticate.accept_token, (_READY,)),
    (_AUTHENTICATED, (TokenAccepted,), authenticate.accept_token, (_SAME, _CLOSED)),
    (_OPEN, (TokenRejected,), authenticate.reject_token, (_CLOSED,)),
    ((_CONNECTED,), (AuthUnavailable,), authenticate.auth_unavailable, (_CLOSED,)),
    (_AUTHENTICATED, (AuthUnavailable,), authenticate.auth_unavailable, (_SAME,)),
    (
        (_CONNECTED,),
        (Start, BeginAnswer, End, Ping, AudioReceived, InvalidMessage),
        authenticate.reject_unauthenticated,
        (_CLOSED,),
    ),
    ((_CONNECTED,), (Tick,), authenticate.check_auth_timeout, (_SAME, _CLOSED)),
    # Starting or resuming a session.
    ((_READY,), (Start,), start_session.start, (_SAME, _STARTING, _CLOSED)),
    ((_READY,), (ResumeTokenAccepted,), start_session.resume, (_STARTING, _CLOSED)),
    ((_READY,), (ResumeTokenRejected,), start_session.reject_resume_token, (_CLOSED,)),
    ((_READY,), (Tick,), authenticate.check_expiry, (_SAME, _CLOSED)),
    ((_STARTING,), (Admitted,), start_session.append_opening, (_SAME,)),
    ((_STARTING,), (QuotaExceeded,), start_session.reject_quota, (_CLOSED,)),
    ((_STARTING,), (Overloaded,), start_session.reject_overload, (_CLOSED,)),
    ((_STARTING,), (ReplyReceived,), start_session.buffer_reply, (_SAME,)),
    ((_STARTING,), (Appended,), start_session.opening_appended, (_SAME, _STREAMING, _ENDING, _CLOSED)),
    ((_STARTING,), (Announced,), start_session.confirm_started, (_STREAMING, _ENDING, _CLOSED)),
    ((_READY, _STARTING), (AudioReceived, BeginAnswer, End), stream_audio.reject_before_start, (_SAME,)),
    ((_STARTING, _STREAMING, _ENDING), (Start,), any_phase.reject_second_start, (_CLOSED,)),
    # Streaming.
    ((_STREAMING,), (AudioReceived,), stream_audio.receive_audio, (_SAME, _ENDING, _CLOSED)),
    ((_STREAMING,), (AudioDecoded,), stream_audio.receive_decoded, (_SAME, _ENDING, _CLOSED)),
    ((_STREAMING, _ENDING), (DecodeFailed,), stream_audio.reject_audio, (_CLOSED,)),
    ((_STREAMING,), (BeginAnswer,), stream_audio.begin_answer, (_SAME,)),
    ((_STREAMING,), (End,), stream_audio.end_session, (_ENDING,)),
    ((_STREAMING,), (Tick,), stream_audio.check_expiry_and_keepalive, (_SAME, _ENDING)),
    ((_STREAMING, _ENDING, _CLOSED), (Appended,), stream_audio.acknowledge, (_SAME,)),
    ((_STREAMING,), (ReplyReceived,), deliver_replies.deliver_reply, (_SAME, _ENDING, _CLOSED)),
    ((_STREAMING, _ENDING), (TranscriberProgress,), stream_audio.record_progress, (_SAME,)),
    # Waiting for the report.
    ((_ENDING,), (AudioDecoded,), stream_audio.flush_decoded, (_SAME,)),
    ((_ENDING,), (ReplyReceived,), deliver_replies.deliver_reply, (_SAME, _CLOSED)),
    ((_ENDING,), (AudioReceived, BeginAnswer, End), stream_audio.reject_after_end, (_SAME,)),
    # In any phase.
    (_AUTHENTICATED, (Ping,), any_phase.answer_ping, (_SAME,)),
    (_AUTHENTICATED, (InvalidMessage,), any_phase.reject_message, (_SAME,)),
    ((_STARTING, _STREAMING, _ENDING), (ProduceFailed,), any_phase.close_log_unavailable, (_CLOSED,)),
    ((*_OPEN, _CLOSED), (SendQueueFull,), any_phase.close_slow_reader, (_CLOSED,)),
    (_OPEN, (Drain,), any_phase.drain, (_CLOSED,)),
)


def _table(lines: tuple[_Line, ...]) -> dict[tuple[ConnectionPhase, type], Transition]:
    table: dict[tuple[ConnectionPhase, type], Transition] = {}
    for phases, events, step, to in lines:
        for phase in phases:
            for event in events:
                if (phase, event) in table:
                    raise ValueError(f"two lines for {event.__name__} in {phase.value}")
                table[phase, event] = Transition(step, frozenset(target or phase for target in to))
    return table


TABLE = _table(_LINES)
