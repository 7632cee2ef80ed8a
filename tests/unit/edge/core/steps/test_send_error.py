"""An error leaves a connection open, or closes it."""

import pytest

from edge.core import errors
from edge.core.connection_state import ConnectionPhase
from edge.core.effects import Close, Send
from edge.core.steps.send_error import close_with_error, send_error
from tests.support.edge.core_connection import streaming


def test_an_error_that_is_not_fatal_changes_nothing() -> None:
    state = streaming().state
    after, [sent] = send_error(state, errors.bad_json("a comma"))
    assert after == state
    assert isinstance(sent, Send)
    assert sent.message == errors.bad_json("a comma").to_wire(fatal=False)


def test_a_fatal_error_is_sent_with_the_close_that_it_causes() -> None:
    after, [close] = close_with_error(streaming().state, errors.superseded())
    assert after.phase is ConnectionPhase.CLOSED
    assert close == Close(4409, "superseded", errors.superseded().to_wire(fatal=True))


def test_an_error_that_is_never_fatal_cannot_close_a_connection() -> None:
    with pytest.raises(ValueError, match="bad_json"):
        close_with_error(streaming().state, errors.bad_json("a comma"))
