"""The protocol of one connection, as a table: in this state, on this event, this step, which may lead to those states.

What the table does not name changes nothing and does nothing. `docs/protocol.md` shows a diagram drawn from it
(`python -m edge.core.diagram`); the idea of keeping transitions as data is h11's.
"""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.core import errors
from edge.core.connection_state import ConnectionState, Outcome, Phase
from edge.core.effects import Close, Send
from edge.core.events import (
    Admitted,
    Announced,
    Audio,
    Converted,
    Drain,
    Event,
    Garbled,
    Heard,
    Kept,
    Overrun,
    Postponed,
    Reclaimed,
    Refused,
    Rejected,
    Replied,
    Tick,
    Unclaimed,
    Unintelligible,
    Unkept,
    Unverified,
    Verified,
)
from edge.core.steps import authenticate, deliver_replies, start_session, stream_audio
from edge.core.steps.send_error import close_with_error, send_error
from schemas.wire import Auth, BeginAnswer, End, Notice, Ping, Pong, Start

Step = Callable[[ConnectionState, Any, int], Outcome]


def receive(connection: ConnectionState, event: Event, now_ms: int) -> Outcome:
    """What happens to a connection, and what is to be done about it. `now_ms` is Unix time and must not go back."""
    row = TABLE.get((connection.phase, type(event)))
    return row.step(connection, event, now_ms) if row else (connection, ())


def next_tick_ms(connection: ConnectionState, now_ms: int) -> int:
    """When the passing of time should be told next, as Unix time."""
    if connection.phase is Phase.CONNECTED and not connection.token_received:
        return connection.opened_ms + connection.policy.auth_ms
    due_ms = now_ms + connection.policy.alive_ms // 2
    if connection.phase is Phase.STREAMING and connection.session.records_queued == connection.session.records_appended:
        due_ms = connection.session.last_queued_ms + connection.policy.alive_ms
    if connection.expires_ms is None or connection.phase not in (Phase.READY, Phase.STREAMING):
        return due_ms
    told = connection.expiry_notified or connection.phase is Phase.READY
    return min(due_ms, connection.expires_ms - (0 if told else connection.policy.token_notice_ms))


# Steps that are the same wherever they happen


def answer_ping(connection: ConnectionState, event: Ping, now_ms: int) -> Outcome:
    return connection, (Send(Pong(id=event.id)),)


def complain(connection: ConnectionState, event: Garbled, now_ms: int) -> Outcome:
    return send_error(connection, event.error)


def refuse_second_start(connection: ConnectionState, event: Start, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.already_started())


def give_up(connection: ConnectionState, event: Unkept, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.not_kept())


def shed(connection: ConnectionState, event: Overrun, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.too_slow())


def leave(connection: ConnectionState, event: Drain, now_ms: int) -> Outcome:
    told = connection.phase in (Phase.STREAMING, Phase.ENDING)
    notice = Notice(code="draining", message="This server is about to stop.")
    closing = Close(1001, "draining")
    return connection.moved(Phase.CLOSED), (Send(notice), closing) if told else (closing,)


@dataclass(frozen=True)
class Row:
    """`to`: the states that the step may lead to."""

    step: Step
    to: frozenset[Phase]


_CONNECTED, _READY, _STARTING, _STREAMING, _ENDING, _CLOSED = Phase
_KNOWN = (_READY, _STARTING, _STREAMING, _ENDING)
_OPEN = (_CONNECTED, *_KNOWN)
_HERE = None
"""The state in which the event happened."""

_Line = tuple[tuple[Phase, ...], tuple[type, ...], Step, tuple[Phase | None, ...]]

_LINES: tuple[_Line, ...] = (
    # Who is it? Asked first, and again whenever a fresh token comes.
    (_OPEN, (Auth,), authenticate.verify, (_HERE,)),
    ((_CONNECTED,), (Verified,), authenticate.welcome, (_READY,)),
    (_KNOWN, (Verified,), authenticate.welcome, (_HERE, _CLOSED)),
    (_OPEN, (Refused,), authenticate.turn_away, (_CLOSED,)),
    ((_CONNECTED,), (Unverified,), authenticate.wait_for_keys, (_CLOSED,)),
    (_KNOWN, (Unverified,), authenticate.wait_for_keys, (_HERE,)),
    ((_CONNECTED,), (Start, BeginAnswer, End, Ping, Audio, Garbled), authenticate.refuse_stranger, (_CLOSED,)),
    ((_CONNECTED,), (Tick,), authenticate.watch_for_token, (_HERE, _CLOSED)),
    # What do they want?
    ((_READY,), (Start,), start_session.begin, (_HERE, _STARTING, _CLOSED)),
    ((_READY,), (Reclaimed,), start_session.go_on, (_STARTING, _CLOSED)),
    ((_READY,), (Unclaimed,), start_session.refuse_token, (_CLOSED,)),
    ((_READY,), (Tick,), authenticate.watch_expiry, (_HERE, _CLOSED)),
    ((_STARTING,), (Admitted,), start_session.write_opening, (_HERE,)),
    ((_STARTING,), (Rejected,), start_session.turn_down, (_CLOSED,)),
    ((_STARTING,), (Postponed,), start_session.put_off, (_CLOSED,)),
    ((_STARTING,), (Replied,), start_session.hold_early, (_HERE,)),
    ((_STARTING,), (Kept,), start_session.opening_kept, (_HERE, _STREAMING, _ENDING, _CLOSED)),
    ((_STARTING,), (Announced,), start_session.open_session, (_STREAMING, _ENDING, _CLOSED)),
    ((_READY, _STARTING), (Audio, BeginAnswer, End), stream_audio.too_early, (_HERE,)),
    ((_STARTING, _STREAMING, _ENDING), (Start,), refuse_second_start, (_CLOSED,)),
    # They speak.
    ((_STREAMING,), (Audio,), stream_audio.hear, (_HERE, _ENDING, _CLOSED)),
    ((_STREAMING,), (Converted,), stream_audio.take_in, (_HERE, _ENDING, _CLOSED)),
    ((_STREAMING, _ENDING), (Unintelligible,), stream_audio.reject_audio, (_CLOSED,)),
    ((_STREAMING,), (BeginAnswer,), stream_audio.mark, (_HERE,)),
    ((_STREAMING,), (End,), stream_audio.finish, (_ENDING,)),
    ((_STREAMING,), (Tick,), stream_audio.pass_time, (_HERE, _ENDING)),
    ((_STREAMING, _ENDING, _CLOSED), (Kept,), stream_audio.acknowledge, (_HERE,)),
    ((_STREAMING,), (Replied,), deliver_replies.receive, (_HERE, _ENDING, _CLOSED)),
    ((_STREAMING, _ENDING), (Heard,), stream_audio.note_heard, (_HERE,)),
    # They wait for their report.
    ((_ENDING,), (Converted,), stream_audio.take_last, (_HERE,)),
    ((_ENDING,), (Replied,), deliver_replies.receive, (_HERE, _CLOSED)),
    ((_ENDING,), (Audio, BeginAnswer, End), stream_audio.too_late, (_HERE,)),
    # At any time.
    (_KNOWN, (Ping,), answer_ping, (_HERE,)),
    (_KNOWN, (Garbled,), complain, (_HERE,)),
    ((_STARTING, _STREAMING, _ENDING), (Unkept,), give_up, (_CLOSED,)),
    ((*_OPEN, _CLOSED), (Overrun,), shed, (_CLOSED,)),
    (_OPEN, (Drain,), leave, (_CLOSED,)),
)


def _table(lines: tuple[_Line, ...]) -> dict[tuple[Phase, type], Row]:
    table: dict[tuple[Phase, type], Row] = {}
    for states, events, step, to in lines:
        for phase in states:
            for event in events:
                if (phase, event) in table:
                    raise ValueError(f"two rows for {event.__name__} in {phase.value}")
                table[phase, event] = Row(step, frozenset(target or phase for target in to))
    return table


TABLE = _table(_LINES)
