"""Steps that are the same in whatever phase a connection is."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import ConnectionPhase, ConnectionState, Outcome
from edge.core.effects import Close, Send
from edge.core.events import Drain, InvalidMessage, ProduceFailed, SendQueueFull
from edge.core.steps.send_error import close_with_error, send_error
from schemas.wire import Notice, Ping, Pong, Start


def answer_ping(connection: ConnectionState, event: Ping, now_ms: int) -> Outcome:
    return connection, (Send(Pong(id=event.id)),)


def reject_message(connection: ConnectionState, event: InvalidMessage, now_ms: int) -> Outcome:
    return send_error(connection, event.error)


def reject_second_start(connection: ConnectionState, event: Start, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.already_started())


def close_log_unavailable(connection: ConnectionState, event: ProduceFailed, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.not_kept())


def close_slow_reader(connection: ConnectionState, event: SendQueueFull, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.too_slow())


def drain(connection: ConnectionState, event: Drain, now_ms: int) -> Outcome:
    has_session = connection.phase in (ConnectionPhase.STREAMING, ConnectionPhase.ENDING)
    notice = Notice(code="draining", message="This server is about to stop.")
    closing = Close(1001, "draining")
    return connection.moved(ConnectionPhase.CLOSED), (Send(notice), closing) if has_session else (closing,)
