"""The protocol's table, row by row; `test_any_connection.py` has any sequence of events at all."""

from dataclasses import replace
from typing import get_args

import pytest

from edge.core.connection_state import ConnectionPhase, User
from edge.core.effects import Announce, Append, Close, Effect, Send, VerifyToken
from edge.core.errors import bad_message
from edge.core.events import (
    Announced,
    Appended,
    AudioReceived,
    ClientEvent,
    Drain,
    Event,
    InvalidMessage,
    ProduceFailed,
    ReplyReceived,
    ResumeTokenRejected,
    SendQueueFull,
    Tick,
    TokenAccepted,
    TokenRejected,
)
from edge.core.machine import TABLE, next_tick_ms
from schemas.audio import FRAME_BYTES
from schemas.sessions import AnswerBegun, EndCause, Question, RecordKind, SessionEnded, SessionStarted
from schemas.wire import (
    Ack,
    AudioFormat,
    Auth,
    BeginAnswer,
    End,
    Error,
    Notice,
    Ping,
    Pong,
    Questions,
    Ready,
    ReportMessage,
    Start,
    Started,
    Summary,
)
from tests.support.edge.core_connection import ADA, CoreConnection

EVE = User("eve", None, "", (), None)
FRAME = bytes(FRAME_BYTES)
QUESTIONS = Questions(questions=(Question(number=1, text="How are you?"),), source="bank")
SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)
REPORT = ReportMessage(error="none")


def at(phase: ConnectionPhase) -> CoreConnection:
    connection = CoreConnection()
    for reached, event in (
        (ConnectionPhase.READY, TokenAccepted(ADA)),
        (ConnectionPhase.STARTING, Start()),
        (ConnectionPhase.STREAMING, None),
        (ConnectionPhase.ENDING, End()),
        (ConnectionPhase.CLOSED, Drain()),
    ):
        if connection.state.phase is phase:
            break
        if event:
            connection.on(event)
        else:
            connection.accept_all()
        assert connection.state.phase is reached
    connection.effects.clear()
    return connection


def error_of(effects: list[Effect]) -> tuple[str, int | None]:
    """Code of the one error, and the close code if it is fatal."""
    [effect] = effects
    if isinstance(effect, Close):
        assert effect.error is not None
        assert effect.error.fatal
        return effect.error.code, effect.code
    assert isinstance(effect, Send)
    assert isinstance(effect.message, Error)
    assert not effect.message.fatal
    return effect.message.code, None


def test_every_client_event_is_in_the_table_in_every_open_phase() -> None:
    for phase in set(ConnectionPhase) - {ConnectionPhase.CLOSED}:
        for event in get_args(ClientEvent):
            assert (phase, event) in TABLE, f"{event.__name__} in {phase.value}"


def test_events_of_the_table_exist_and_closed_is_final() -> None:
    for (phase, event), row in TABLE.items():
        assert event in get_args(Event)
        assert row.to
        assert phase is not ConnectionPhase.CLOSED or row.to == {ConnectionPhase.CLOSED}


GARBLED = InvalidMessage(bad_message("Odd."))
STREAMING_ERRORS: list[tuple[Event, str, int | None]] = [
    (Start(), "already_started", 4400),
    (AudioReceived(b"abc"), "bad_audio", 4400),
    (AudioReceived(bytes(32_002)), "message_too_large", 1009),
    (GARBLED, "bad_message", None),
    (TokenAccepted(EVE), "wrong_user", 4403),
    (TokenRejected("expired", "It has expired.", "Get another."), "token_expired", 4401),
    (ProduceFailed(), "not_kept", 1013),
    (SendQueueFull(), "too_slow", 1013),
]
STRANGE: tuple[Event, ...] = (Start(), BeginAnswer(question=1), End(), Ping(), AudioReceived(FRAME), GARBLED)
SPOKEN: tuple[Event, ...] = (AudioReceived(FRAME), BeginAnswer(question=1), End())
ERRORS: list[tuple[ConnectionPhase, Event, str, int | None]] = [
    *((ConnectionPhase.CONNECTED, event, "not_authorised", 4401) for event in STRANGE),
    (ConnectionPhase.CONNECTED, TokenRejected("malformed", "What?", "Send a token."), "token_malformed", 4401),
    (ConnectionPhase.READY, ResumeTokenRejected(), "resume_invalid", 4404),
    (ConnectionPhase.READY, Start(audio=AudioFormat(encoding="mp3")), "unsupported_audio", 4400),
    (ConnectionPhase.READY, Start(audio=AudioFormat(sample_rate=96_000)), "unsupported_audio", 4400),
    (ConnectionPhase.READY, Start(audio=AudioFormat(channels=3)), "unsupported_audio", 4400),
    (ConnectionPhase.READY, TokenAccepted(EVE), "wrong_user", 4403),
    *(
        (phase, event, "not_started", None)
        for phase in (ConnectionPhase.READY, ConnectionPhase.STARTING)
        for event in SPOKEN
    ),
    (ConnectionPhase.STARTING, Start(), "already_started", 4400),
    (ConnectionPhase.STARTING, ProduceFailed(), "not_kept", 1013),
    *((ConnectionPhase.STREAMING, event, code, close) for event, code, close in STREAMING_ERRORS),
    *((ConnectionPhase.ENDING, event, "session_ended", None) for event in SPOKEN),
    (ConnectionPhase.ENDING, Start(), "already_started", 4400),
    (ConnectionPhase.ENDING, ProduceFailed(), "not_kept", 1013),
]


@pytest.mark.parametrize(("phase", "event", "code", "close"), ERRORS)
def test_errors_and_their_close_codes(phase: ConnectionPhase, event: Event, code: str, close: int | None) -> None:
    connection = at(phase)
    assert error_of(connection.on(event)) == (code, close)
    assert connection.state.phase is (ConnectionPhase.CLOSED if close else phase)


@pytest.mark.parametrize(
    "phase", [ConnectionPhase.READY, ConnectionPhase.STARTING, ConnectionPhase.STREAMING, ConnectionPhase.ENDING]
)
def test_ping_and_a_fresh_token_are_answered(phase: ConnectionPhase) -> None:
    connection = at(phase)
    assert connection.on(Ping(id=[7])) == [Send(Pong(id=[7]))]
    assert connection.on(Auth(token="fresh")) == [VerifyToken("fresh")]
    [ready] = connection.on(TokenAccepted(replace(ADA, expires_at_ms=99)))
    assert isinstance(ready, Send)
    assert isinstance(ready.message, Ready)
    assert connection.state.phase is phase
    assert connection.state.user.expires_at_ms == 99


def test_a_client_without_a_token_in_time_is_closed() -> None:
    connection = CoreConnection()
    assert next_tick_ms(connection.state, 0) == 5000
    assert connection.on(Tick(), 4999) == []
    assert error_of(connection.on(Tick(), 5000)) == ("token_missing", 4408)


def test_a_token_in_time_may_take_longer_to_be_verified() -> None:
    connection = CoreConnection()
    connection.on(Auth(token="t"), 4999)
    assert next_tick_ms(connection.state, 4999) > 5000
    assert connection.on(Tick(), 60_000) == []
    connection.on(TokenAccepted(ADA), 60_000)
    assert connection.state.phase is ConnectionPhase.READY


def test_a_start_is_appended_then_announced_then_confirmed() -> None:
    connection = at(ConnectionPhase.READY)
    [append] = connection.on(Start(competition="spring", questions=3), now_ms=77)
    assert isinstance(append, Append)
    assert (append.record.kind, append.record.seq) == (RecordKind.START, None)
    started = SessionStarted.model_validate_json(append.record.value)
    assert (started.at_ms, started.session_id, started.user_id, started.org) == (77, "s1", "ada", "school")
    assert (started.groups, started.competition, started.question_count) == (("9b",), "spring", 3)
    assert started.display_name == "Ada Lovelace"
    assert connection.on(Appended(append.record)) == [Announce(started)]
    [told] = connection.on(Announced())
    assert told == Send(
        Started(session_id="s1", resume_token="resume-token", frame_ms=250, frame_bytes=8000, next_frame=0)
    )


@pytest.mark.parametrize(
    ("wanted", "named", "shown"),
    [
        ("Grace", "Ada", "Grace"),
        (" \t", "Ada", "Ada"),
        (None, None, "user-1"),
        (None, "x" * 60, "x" * 40),
        ("two\nlines", None, "two lines"),
        ("\x1b[2JAda\0", None, "[2JAda"),
    ],
)
def test_the_display_name(wanted: str | None, named: str | None, shown: str) -> None:
    connection = CoreConnection()
    connection.on(TokenAccepted(User("user-1", named, "", (), None)))
    connection.on(Start(display_name=wanted))
    opening = connection.state.session.opening
    assert isinstance(opening, SessionStarted)
    assert opening.display_name == shown


def test_replies_before_started_wait_for_it() -> None:
    connection = at(ConnectionPhase.STARTING)
    assert connection.on(ReplyReceived(QUESTIONS)) == []
    connection.accept_all()
    assert [type(effect.message) for effect in connection.effects if isinstance(effect, Send)] == [Started, Questions]


def test_an_answer_precedes_the_audio_after_it_in_the_log() -> None:
    connection = at(ConnectionPhase.STREAMING)
    connection.on(AudioReceived(FRAME + FRAME[:2000]))
    connection.on(BeginAnswer(question=2))
    assert connection.on(BeginAnswer(question=2)) == []
    connection.on(AudioReceived(FRAME))
    records = [effect.record for effect in connection.effects if isinstance(effect, Append)]
    assert [(record.kind.value, record.seq) for record in records] == [("frame", 0), ("answer", None), ("frame", 1)]
    assert AnswerBegun.model_validate_json(records[1].value).from_sample == 5000


def test_an_empty_binary_message_is_accepted() -> None:
    assert at(ConnectionPhase.STREAMING).on(AudioReceived(b"")) == []


def test_the_end_appends_the_last_shorter_frame() -> None:
    connection = at(ConnectionPhase.STREAMING)
    connection.on(AudioReceived(FRAME[:10]))
    frame, end = connection.on(End())
    assert isinstance(frame, Append)
    assert isinstance(end, Append)
    assert (frame.record.seq, len(frame.record.value)) == (0, 10)
    assert SessionEnded.model_validate_json(end.record.value).cause is EndCause.CLIENT
    assert connection.on(Appended(frame.record)) == [Send(Ack(frames=1))]
    assert connection.on(Appended(end.record)) == []


def test_audio_beyond_the_maximum_length_ends_the_session() -> None:
    connection = at(ConnectionPhase.STREAMING)
    for _ in range(3):
        connection.on(AudioReceived(FRAME * 4))
    assert connection.state.phase is ConnectionPhase.STREAMING
    connection = at(ConnectionPhase.STREAMING)
    connection.on(AudioReceived(FRAME[:2]))
    for _ in range(3):
        connection.on(AudioReceived(FRAME * 4))
    records = [effect.record for effect in connection.effects if isinstance(effect, Append)]
    assert sum(len(record.value) for record in records if record.kind is RecordKind.FRAME) == 3 * 32_000
    assert SessionEnded.model_validate_json(records[-1].value).cause is EndCause.LENGTH
    assert isinstance(connection.effects[-1], Send)
    assert isinstance(connection.effects[-1].message, Notice)
    assert connection.state.phase is ConnectionPhase.ENDING
    assert connection.on(ReplyReceived(SUMMARY)) == [Send(SUMMARY)]
    report, close = connection.on(ReplyReceived(REPORT))
    assert report == Send(REPORT)
    assert error_of([close]) == ("session_too_long", 4413)


def test_a_silent_connection_is_kept_alive() -> None:
    connection = at(ConnectionPhase.STREAMING)
    assert next_tick_ms(connection.state, 500) == 10_000
    assert connection.on(Tick(), 9_999) == []
    [alive] = connection.on(Tick(), 10_000)
    assert isinstance(alive, Append)
    assert alive.record.kind is RecordKind.ALIVE
    # Nothing is added while that record is in flight, nor after the end.
    assert connection.on(Tick(), 60_000) == []
    connection.accept_all()
    assert connection.on(Tick(), 60_000) != []
    connection.accept_all()
    connection.on(End(), 60_000)
    connection.accept_all()
    assert connection.on(Tick(), 600_000) == []


def test_a_session_ended_elsewhere_still_gets_its_report() -> None:
    connection = at(ConnectionPhase.STREAMING)
    assert connection.on(ReplyReceived(SUMMARY)) == [Send(SUMMARY)]
    assert connection.state.phase is ConnectionPhase.ENDING
    assert error_of(connection.on(AudioReceived(FRAME)))[0] == "session_ended"
    assert connection.on(ReplyReceived(REPORT)) == [Send(REPORT), Close(1000, "done")]


def test_draining_acknowledges_records_in_flight() -> None:
    connection = at(ConnectionPhase.STREAMING)
    [append] = connection.on(AudioReceived(FRAME))
    notice, close = connection.on(Drain())
    assert isinstance(notice, Send)
    assert close == Close(1001, "draining")
    assert isinstance(append, Append)
    assert connection.on(Appended(append.record)) == [Send(Ack(frames=1))]
    assert at(ConnectionPhase.READY).on(Drain()) == [Close(1001, "draining")]


def test_nothing_happens_after_the_close() -> None:
    for event in (
        Auth(token="t"),
        Start(),
        AudioReceived(FRAME),
        End(),
        Ping(),
        GARBLED,
        Tick(),
        Drain(),
        ProduceFailed(),
    ):
        assert at(ConnectionPhase.CLOSED).on(event) == []
