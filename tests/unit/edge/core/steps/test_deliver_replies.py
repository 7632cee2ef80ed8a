"""Replies of the other stages: shown to the client, or about the connection itself."""

import pytest

from edge.core.connection_state import ConnectionPhase
from edge.core.effects import Close, Effect, Send
from edge.core.events import ReplyReceived
from schemas.replies import Gone, ReplyMessage, Superseded
from schemas.wire import End, FinalMessage, Partial, ReportMessage, Summary
from tests.support.edge.core_connection import CoreConnection, streaming

REPORT = ReportMessage(error="none")


def final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text="w", start_ms=0, end_ms=1, question=None, words=())


def summary(finals: int = 0) -> Summary:
    return Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=finals)


def partial(after_final: int) -> Partial:
    return Partial(text="w", start_ms=0, end_ms=1, after_final=after_final)


def shown(connection: CoreConnection, *replies: ReplyMessage) -> list[object]:
    effects = [effect for reply in replies for effect in connection.on(ReplyReceived(reply))]
    return [effect.message for effect in effects if isinstance(effect, Send)]


def close_of(effects: list[Effect]) -> tuple[int, str]:
    [close] = [effect for effect in effects if isinstance(effect, Close)]
    return close.code, close.reason


def test_finals_are_shown_in_order_and_once() -> None:
    assert shown(streaming(), final(2), final(1), final(1)) == [final(1), final(2)]


def test_a_partial_that_a_final_has_overtaken_is_left_out() -> None:
    assert shown(streaming(), final(1), partial(0), partial(1)) == [final(1), partial(1)]


def test_the_report_waits_for_the_summary_and_closes_the_session() -> None:
    connection = streaming()
    connection.on(End())
    connection.accept_all()
    assert shown(connection, REPORT) == []
    effects = connection.on(ReplyReceived(summary()))
    assert [effect.message for effect in effects if isinstance(effect, Send)] == [summary(), REPORT]
    assert close_of(effects) == (1000, "done")
    assert connection.state.phase is ConnectionPhase.CLOSED


def test_a_summary_ends_a_session_whose_client_still_speaks() -> None:
    connection = streaming()
    assert shown(connection, summary()) == [summary()]
    assert connection.state.phase is ConnectionPhase.ENDING


@pytest.mark.parametrize(
    ("message", "close"),
    [
        (Superseded(), (4409, "superseded")),
        (Gone(code="no_session"), (4404, "no_session")),
        (Gone(code="frame_gap"), (4400, "frame_gap")),
    ],
)
def test_replies_about_the_connection_close_it(message: ReplyMessage, close: tuple[int, str]) -> None:
    connection = streaming()
    assert close_of(connection.on(ReplyReceived(message))) == close
    assert connection.on(ReplyReceived(final(1))) == []
