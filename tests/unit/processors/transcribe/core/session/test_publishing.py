"""How a session's transcription is put into facts and replies."""

from dataclasses import replace

import pytest

from processors.transcribe.core.session.log_records import RecordPosition
from processors.transcribe.core.session.output import Output
from processors.transcribe.core.session.publishing import (
    end_events,
    redelivery,
    resume_events,
    resume_refused,
    window_events,
)
from processors.transcribe.core.session.state import TranscriptionPhase, TranscriptionState
from schemas.counts import HourCount, WordsCounted
from schemas.replies import Gone, ReplyAddress
from schemas.sessions import EndCause
from schemas.snapshots import Redelivery
from schemas.transcripts import Final, SessionReaddressed, SessionTranscribed, TranscriptFinal
from schemas.wire import FinalMessage, Partial, Summary
from tests.support.transcribe.core_values import Script, resume, started, words
from tests.support.transcribe.session_records import questions_asked

OLD = ReplyAddress(conn="conn-0", reply_to=2)


def final(number: int, text: str = "good morning") -> Final:
    said = words(text)
    return Final(number=number, text=text, start_ms=0, end_ms=said[-1].end_ms, question=None, words=said)


@pytest.fixture
def state() -> TranscriptionState:
    return replace(started(Script())[0], processed_frames=4)


@pytest.fixture
def spoken(state: TranscriptionState) -> TranscriptionState:
    """After two finals."""
    return replace(state, finals=(final(1), final(2)), questions=questions_asked("s-1", "Why?"))


def kinds(output: Output) -> list[str]:
    return [each.reply.message.type if each.reply.message else "progress" for each in output.replies]


def test_a_window_without_words_still_reports_progress(state: TranscriptionState) -> None:
    output = window_events(state, (), ())
    [told] = output.replies
    assert (told.reply.message, told.reply.heard_frames) == (None, 4)
    assert output.facts == ()


def test_an_empty_partial_removes_what_the_client_still_shows(state: TranscriptionState) -> None:
    [told] = window_events(replace(state, shows_partial=True), (), ()).replies
    assert told.reply.message == Partial(text="", start_ms=0, end_ms=0, after_final=0)


def test_new_finals_are_facts_and_replies_and_change_the_count(spoken: TranscriptionState) -> None:
    output = window_events(replace(spoken, hours=(HourCount(hour_ms=0, words=4),)), (final(2),), words("and so"))
    assert [type(fact.event) for fact in output.facts] == [TranscriptFinal, WordsCounted]
    assert kinds(output) == ["final", "partial"]
    assert output.replies[1].reply.message == Partial(text="and so", start_ms=0, end_ms=600, after_final=2)


def test_a_session_that_turns_out_not_to_be_live_is_counted_again(spoken: TranscriptionState) -> None:
    counted = replace(spoken, hours=(HourCount(hour_ms=0, words=4),), published_live=not spoken.live_check.live)
    assert [type(fact.event) for fact in window_events(counted, (), ()).facts] == [WordsCounted]


def test_the_end_is_one_fact_and_a_summary(spoken: TranscriptionState) -> None:
    output = end_events(spoken, EndCause.IDLE)
    [fact] = output.facts
    assert isinstance(fact.event, SessionTranscribed)
    assert (fact.event.words, fact.event.finals, fact.event.ended_by) == (4, 2, EndCause.IDLE)
    [told] = output.replies
    assert isinstance(told.reply.message, Summary)
    assert told.reply.message.words == 4


def test_a_resumed_session_gets_what_its_client_has_not(spoken: TranscriptionState) -> None:
    output = resume_events(spoken, OLD, have_final=1)
    assert kinds(output) == ["superseded", "resumed", "questions", "final"]
    superseded, *others = output.replies
    assert (superseded.reply.conn, superseded.reply_to) == (OLD.conn, OLD.reply_to)
    assert {(each.reply.conn, each.reply_to) for each in others} == {("conn-1", 3)}
    assert output.facts == ()


def test_the_report_of_a_session_that_has_ended_goes_to_the_new_connection(spoken: TranscriptionState) -> None:
    ended = replace(spoken, phase=TranscriptionPhase.ENDED)
    output = resume_events(ended, OLD, have_final=2)
    assert kinds(output) == ["superseded", "resumed", "questions", "summary"]
    [fact] = output.facts
    assert isinstance(fact.event, SessionReaddressed)
    assert (fact.event.conn, fact.event.reply_to) == ("conn-1", 3)


def test_a_connection_does_not_supersede_itself(spoken: TranscriptionState) -> None:
    output = resume_events(spoken, ReplyAddress(conn=spoken.conn, reply_to=3), have_final=2)
    assert kinds(output) == ["resumed", "questions"]


def test_a_new_owner_sends_again_what_the_last_commit_sent(spoken: TranscriptionState) -> None:
    assert kinds(redelivery(spoken, Redelivery())) == ["questions"]
    last = Redelivery(from_final=2, resumed=True, superseded=(OLD,))
    output = redelivery(spoken, last)
    assert kinds(output) == ["superseded", "resumed", "questions", "final"]
    assert output.replies[-1].reply.message == FinalMessage(**dict(final(2)))


def test_the_same_state_gives_the_same_ids(spoken: TranscriptionState) -> None:
    first, again = (end_events(spoken, EndCause.CLIENT) for _ in range(2))
    assert first == again
    ids = [each.reply.event_id for each in resume_events(spoken, OLD, have_final=0).replies]
    assert len(set(ids)) == len(ids)


def test_a_refused_resume_is_answered_at_its_own_address() -> None:
    output = resume_refused("s-9", RecordPosition(2, 7, 1000), resume("conn-5", reply_to=4), "frame_gap")
    [told] = output.replies
    assert told.reply.message == Gone(code="frame_gap")
    assert (told.partition, told.reply_to, told.reply.conn, told.reply.at_ms) == (2, 4, "conn-5", 1000)
