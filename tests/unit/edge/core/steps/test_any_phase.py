"""Steps that are the same in whatever phase a connection is."""

from collections.abc import Callable

import pytest

from edge.core.connection_state import ConnectionPhase
from edge.core.effects import Close, Send
from edge.core.events import Drain, ProduceFailed, SendQueueFull, TokenAccepted
from schemas.wire import End, Notice, Ping, Pong, Start
from tests.support.edge.core_connection import ADA, CoreConnection, streaming


def authenticated() -> CoreConnection:
    connection = CoreConnection()
    connection.on(TokenAccepted(ADA))
    return connection


def ending() -> CoreConnection:
    connection = streaming()
    connection.on(End())
    connection.accept_all()
    return connection


@pytest.mark.parametrize("phase", [authenticated, streaming, ending])
def test_a_ping_is_answered_with_its_own_id(phase: Callable[[], CoreConnection]) -> None:
    assert phase().on(Ping(id=[1, None])) == [Send(Pong(id=[1, None]))]


@pytest.mark.parametrize(("phase", "noticed"), [(authenticated, False), (streaming, True), (ending, True)])
def test_only_a_client_with_a_session_is_warned_before_a_stop(
    phase: Callable[[], CoreConnection], noticed: bool
) -> None:
    *notices, close = phase().on(Drain())
    assert close == Close(1001, "draining")
    assert [
        effect.message.code for effect in notices if isinstance(effect, Send) and isinstance(effect.message, Notice)
    ] == (["draining"] if noticed else [])


def test_a_second_start_closes_the_connection() -> None:
    connection = streaming()
    [close] = connection.on(Start())
    assert isinstance(close, Close)
    assert (close.code, close.reason) == (4400, "already_started")
    assert connection.state.phase is ConnectionPhase.CLOSED


@pytest.mark.parametrize(("event", "reason"), [(ProduceFailed(), "not_kept"), (SendQueueFull(), "too_slow")])
def test_a_client_that_must_come_back_is_closed_with_1013(event: ProduceFailed | SendQueueFull, reason: str) -> None:
    [close] = streaming().on(event)
    assert isinstance(close, Close)
    assert (close.code, close.reason) == (1013, reason)
