"""A connection that resumes a session: what it appends and acknowledges, and what the transcriber's answers do."""

from dataclasses import replace

import pytest

from edge.core.connection_state import ConnectionPhase
from edge.core.effects import Admit, Append, Close, DecodeAudio, Effect, ResolveResumeToken, ResumeClaims, Send
from edge.core.events import (
    Appended,
    AudioDecoded,
    AudioReceived,
    ReplyReceived,
    ResumeTokenAccepted,
    ResumeTokenRejected,
    TokenAccepted,
)
from schemas.audio import FRAME_BYTES
from schemas.replies import Gone, ReplyMessage, Resumed, Superseded
from schemas.sessions import AnswerBegun, ConnectionResumed, EndCause, RecordKind
from schemas.wire import Ack, AudioFormat, BeginAnswer, End, FinalMessage, Start, Started, Summary
from tests.support.edge.core_connection import ADA, CoreConnection

FRAME = bytes(FRAME_BYTES)
SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=2)
CLAIM = ResumeClaims("s9", "ada", "spring", AudioFormat())


def final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text="w", start_ms=0, end_ms=1, question=None, words=())


def with_resume_token(start: Start, claim: ResumeClaims = CLAIM) -> CoreConnection:
    """A connection with a valid resume token of this session."""
    connection = CoreConnection()
    connection.on(TokenAccepted(ADA))
    assert connection.on(start) == [ResolveResumeToken(start)]
    connection.on(ResumeTokenAccepted(start, claim), now_ms=7)
    return connection


def resumed(from_frame: int = 4, have_final: int = 2) -> CoreConnection:
    """A connection whose resume is in the log, and not confirmed by the transcriber yet."""
    connection = with_resume_token(Start(resume="token", from_frame=from_frame, have_final=have_final))
    connection.accept_all()
    assert connection.state.phase is ConnectionPhase.STREAMING
    connection.effects.clear()
    return connection


def messages(effects: list[Effect]) -> list[object]:
    return [effect.message for effect in effects if isinstance(effect, Send)]


def closed(effects: list[Effect]) -> tuple[int, str]:
    [close] = [effect for effect in effects if isinstance(effect, Close)]
    return close.code, close.reason


def test_a_resume_is_appended_before_the_client_gets_started() -> None:
    connection = with_resume_token(Start(resume="token", from_frame=4, have_final=2))
    [_, admit, append] = connection.effects[-3:]
    assert admit == Admit(CLAIM, None)
    assert isinstance(append, Append)
    assert append.record.kind is RecordKind.RESUME
    record = ConnectionResumed.model_validate_json(append.record.value)
    assert (record.session_id, record.from_frame, record.have_final, record.at_ms) == ("s9", 4, 2, 7)
    [told] = connection.on(Appended(append.record))
    assert told == Send(
        Started(session_id="s9", resume_token="resume-token", frame_ms=250, frame_bytes=8000, next_frame=4)
    )


def test_frames_continue_at_from_frame_and_are_acknowledged_after_resumed() -> None:
    connection = resumed()
    connection.on(AudioReceived(FRAME))
    connection.on(AudioReceived(FRAME))
    assert [effect.record.seq for effect in connection.in_flight if isinstance(effect, Append)] == [4, 5]
    connection.accept_all()
    assert messages(connection.effects) == []
    assert messages(connection.on(ReplyReceived(Resumed(next_frame=5)))) == [Ack(frames=6)]
    connection.on(AudioReceived(FRAME))
    connection.accept_all()
    assert connection.effects[-1] == Send(Ack(frames=7))


def test_frames_of_another_connection_are_not_acknowledged() -> None:
    assert resumed().on(ReplyReceived(Resumed(next_frame=6))) == []


def test_a_session_that_is_over_ignores_a_later_resumed() -> None:
    connection = resumed()
    connection.on(AudioReceived(FRAME))
    assert messages(connection.on(ReplyReceived(Resumed(next_frame=6, over=True)))) == [Ack(frames=6)]
    assert connection.on(ReplyReceived(Resumed(next_frame=5))) == []
    connection.accept_all()
    assert connection.effects[-1] == Send(Ack(frames=6))


def test_an_answer_begins_at_the_sessions_sample() -> None:
    connection = resumed(from_frame=4)
    connection.on(AudioReceived(FRAME))
    [append] = connection.on(BeginAnswer(question=2))
    assert isinstance(append, Append)
    assert AnswerBegun.model_validate_json(append.record.value).from_sample == 5 * 4000


def test_decoded_audio_continues_at_the_sessions_sample() -> None:
    announced = AudioFormat(sample_rate=48_000)
    connection = with_resume_token(Start(resume="token", from_frame=4), replace(CLAIM, audio=announced))
    connection.accept_all()
    [convert] = connection.on(AudioReceived(bytes(24_000)))
    assert isinstance(convert, DecodeAudio)
    assert convert.audio.sample_rate == 48_000
    connection.on(AudioDecoded(FRAME, 4000, last=False))
    assert connection.state.session.until_sample == 5 * 4000
    assert connection.state.session.frames_queued == 5


def test_a_resume_may_announce_another_format() -> None:
    start = Start(resume="token", audio=AudioFormat(encoding="webm_opus"))
    connection = with_resume_token(start)
    assert connection.state.session.audio.encoding == "webm_opus"
    assert connection.effects[-2] == Admit(replace(CLAIM, audio=start.audio), None)


def test_finals_the_client_has_are_not_sent_again() -> None:
    connection = resumed(have_final=2)
    connection.on(ReplyReceived(Resumed(next_frame=4)))
    told = [effect for number in (1, 2, 3) for effect in connection.on(ReplyReceived(final(number)))]
    assert messages(told) == [final(3)]


def test_replies_before_started_are_buffered() -> None:
    connection = with_resume_token(Start(resume="token", have_final=1))
    early: list[ReplyMessage] = [Resumed(next_frame=0, over=True), final(1), final(2), SUMMARY]
    for message in early:
        assert connection.on(ReplyReceived(message)) == []
    before = len(connection.effects)
    connection.accept_all()
    assert [type(message) for message in messages(connection.effects[before:])] == [Started, FinalMessage, Summary]
    assert connection.state.phase is ConnectionPhase.ENDING


def test_of_a_session_that_is_over_only_frames_held_are_acknowledged() -> None:
    connection = resumed(from_frame=4)
    for _ in range(3):
        connection.on(AudioReceived(FRAME))
    connection.accept_all()
    assert messages(connection.on(ReplyReceived(Resumed(next_frame=6, over=True)))) == [Ack(frames=6)]
    assert connection.state.phase is ConnectionPhase.ENDING
    assert messages(connection.on(End()))


def test_frames_held_from_another_connection_are_acknowledged_after_the_end() -> None:
    """The edge before was killed after Kafka accepted the last frames and before it acknowledged them."""
    connection = resumed(from_frame=4)
    assert messages(connection.on(ReplyReceived(Resumed(next_frame=9, over=True)))) == [Ack(frames=9)]


def test_an_older_answer_after_the_session_is_over_acknowledges_nothing() -> None:
    connection = resumed(from_frame=4)
    connection.on(AudioReceived(FRAME))
    connection.on(End())
    assert messages(connection.on(ReplyReceived(Resumed(next_frame=9, over=True)))) == [Ack(frames=9)]
    connection.on(ReplyReceived(Resumed(next_frame=4)))
    connection.effects.clear()
    connection.accept_all()
    assert messages(connection.effects) == []


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (Gone(code="no_session"), 4404, "no_session"),
        (Gone(code="frame_gap"), 4400, "frame_gap"),
        (Superseded(), 4409, "superseded"),
    ],
)
def test_a_resume_that_fails_is_closed_with_its_reason(answer: ReplyMessage, code: int, reason: str) -> None:
    assert closed(resumed().on(ReplyReceived(answer))) == (code, reason)
    early = with_resume_token(Start(resume="token"))
    early.on(ReplyReceived(answer))
    early.on(ReplyReceived(final(1)))
    early.effects.clear()
    early.accept_all()
    assert closed(early.effects) == (code, reason)
    assert early.state.phase is ConnectionPhase.CLOSED


def test_another_users_session_cannot_be_resumed() -> None:
    connection = with_resume_token(Start(resume="token"), replace(CLAIM, user_id="eve"))
    assert closed(connection.effects) == (4403, "not_your_session")
    assert not connection.in_flight


def test_an_invalid_resume_token_is_rejected() -> None:
    connection = CoreConnection()
    connection.on(TokenAccepted(ADA))
    connection.on(Start(resume="token"))
    assert closed(connection.on(ResumeTokenRejected())) == (4404, "resume_invalid")


@pytest.mark.parametrize("from_frame", [13, 10**30])
def test_from_frame_beyond_the_maximum_length_is_a_gap(from_frame: int) -> None:
    connection = with_resume_token(Start(resume="token", from_frame=from_frame))
    assert closed(connection.effects) == (4400, "frame_gap")


def test_the_maximum_length_counts_from_the_sessions_first_frame() -> None:
    connection = resumed(from_frame=11)
    connection.on(AudioReceived(FRAME))
    connection.on(BeginAnswer(question=1))
    assert not connection.state.session.end_cause
    connection.on(AudioReceived(bytes(2)))
    assert connection.state.session.end_cause is EndCause.LENGTH


def test_a_repeated_resumed_changes_nothing() -> None:
    connection = resumed()
    connection.on(ReplyReceived(Resumed(next_frame=4)))
    connection.on(AudioReceived(FRAME))
    connection.accept_all()
    assert connection.on(ReplyReceived(Resumed(next_frame=4))) == []
