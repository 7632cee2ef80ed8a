"""Tokens that expire, an identity provider that does not answer, and session quotas."""

from dataclasses import replace

import pytest

from edge.core.connection_state import ConnectionPhase
from edge.core.effects import Admit, Append, Close, DecodeAudio, Effect, ResumeClaims, Send
from edge.core.events import AuthUnavailable, QuotaExceeded, ReplyReceived, Tick, TokenAccepted
from edge.core.machine import next_tick_ms
from schemas.sessions import EndCause, SessionEnded
from schemas.wire import AudioFormat, Error, Notice, ReportMessage, Start, Summary
from tests.support.edge.core_connection import ADA, CoreConnection, streaming

SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)
HOUR_MS = 3_600_000
SOON = replace(ADA, expires_at_ms=HOUR_MS)


def told(effects: list[Effect]) -> list[tuple[str, int | None]]:
    """Codes and deadlines of the notices."""
    messages = [effect.message for effect in effects if isinstance(effect, Send)]
    return [(each.code, each.deadline_ms) for each in messages if isinstance(each, Notice)]


def closed(effects: list[Effect]) -> tuple[int, str]:
    [close] = effects
    assert isinstance(close, Close)
    assert close.error
    return close.code, close.error.code


def test_the_client_is_notified_once_before_its_token_expires() -> None:
    connection = streaming(user=SOON)
    assert told(connection.on(Tick(), HOUR_MS - 60_000)) == []
    # The token's life includes 5 s of leeway, as it does when it is verified.
    assert told(connection.on(Tick(), HOUR_MS - 50_000)) == [("token_expiring", 55_000)]
    assert told(connection.on(Tick(), HOUR_MS)) == []


def test_a_tick_is_due_for_the_notice_and_for_the_expiry() -> None:
    connection = streaming(user=SOON)
    connection.on(Tick(), HOUR_MS - 60_000)
    connection.accept_all()
    assert next_tick_ms(connection.state, HOUR_MS - 60_000) == HOUR_MS - 55_000
    connection.on(Tick(), HOUR_MS - 55_000)
    connection.on(Tick(), HOUR_MS)
    connection.accept_all()
    assert next_tick_ms(connection.state, HOUR_MS) == HOUR_MS + 5_000


def test_a_fresh_token_in_time_keeps_the_session_running() -> None:
    connection = streaming(user=SOON)
    connection.on(Tick(), HOUR_MS)
    connection.on(TokenAccepted(replace(SOON, expires_at_ms=2 * HOUR_MS)), HOUR_MS)
    connection.accept_all()
    assert told(connection.on(Tick(), HOUR_MS + 60_000)) == []
    assert connection.state.phase is ConnectionPhase.STREAMING
    assert told(connection.on(Tick(), 2 * HOUR_MS)) == [("token_expiring", 5000)]


def test_an_expired_token_ends_the_session_with_its_report() -> None:
    connection = streaming(user=SOON)
    effects = connection.on(Tick(), HOUR_MS + 5_000)
    [end] = [effect.record for effect in effects if isinstance(effect, Append)]
    assert SessionEnded.model_validate_json(end.value).cause is EndCause.EXPIRED
    assert told(effects) == [("token_expired", None)]
    assert connection.state.phase is ConnectionPhase.ENDING
    assert connection.on(Tick(), 2 * HOUR_MS) == []
    connection.on(ReplyReceived(SUMMARY))
    report, *closing = connection.on(ReplyReceived(ReportMessage(error="none")))
    assert isinstance(report, Send)
    assert closed(closing) == (4401, "token_expired")


def test_an_expired_session_flushes_the_decoder() -> None:
    connection = streaming(AudioFormat(encoding="webm_opus"), SOON)
    convert, _notice = connection.on(Tick(), HOUR_MS + 5_000)
    assert isinstance(convert, DecodeAudio)
    assert convert.data is None


def test_before_a_start_an_expired_token_closes_the_connection() -> None:
    connection = CoreConnection()
    connection.on(TokenAccepted(SOON))
    assert next_tick_ms(connection.state, HOUR_MS) == HOUR_MS + 5_000
    assert connection.on(Tick(), HOUR_MS + 4_999) == []
    assert closed(connection.on(Tick(), HOUR_MS + 5_000)) == (4401, "token_expired")


def test_a_token_without_expiry_never_expires() -> None:
    connection = streaming()
    assert told(connection.on(Tick(), 10**15)) == []


def test_auth_unavailable_closes_only_unauthenticated_connections() -> None:
    assert closed(CoreConnection().on(AuthUnavailable())) == (1013, "login_unavailable")
    connection = streaming()
    [complaint] = connection.on(AuthUnavailable())
    assert isinstance(complaint, Send)
    assert isinstance(complaint.message, Error)
    assert (complaint.message.code, complaint.message.fatal) == ("login_unavailable", False)
    assert complaint.message.retry_after_ms


@pytest.mark.parametrize(("claim", "most"), [(None, 8), (2, 2), (0, 0)])
def test_a_tokens_own_quota_overrides_the_edges(claim: int | None, most: int) -> None:
    connection = CoreConnection()
    connection.on(TokenAccepted(replace(ADA, max_sessions=claim)))
    connection.on(Start(competition="spring"))
    assert Admit(ResumeClaims("s1", "ada", "spring", AudioFormat()), most) in connection.effects


@pytest.mark.parametrize("competition", [True, False])
def test_an_exceeded_quota_closes_the_connection(*, competition: bool) -> None:
    connection = CoreConnection()
    connection.on(TokenAccepted(ADA))
    connection.state = replace(connection.state, phase=ConnectionPhase.STARTING)
    assert closed(connection.on(QuotaExceeded(1, competition=competition))) == (4429, "too_many_sessions")
