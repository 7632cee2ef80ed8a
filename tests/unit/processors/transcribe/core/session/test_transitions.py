"""One session's log through the state machine."""

from dataclasses import replace

import pytest

from processors.transcribe.core.audio.windows import Hypothesis
from processors.transcribe.core.session.log_records import FrameRecord
from processors.transcribe.core.session.output import NOTHING, IgnoredReason, Output
from processors.transcribe.core.session.state import TranscriptionPhase, TranscriptionState
from processors.transcribe.core.session.transitions import apply_hypothesis, receive
from schemas.counts import WordsCounted
from schemas.sessions import ConnectionAlive, EndCause
from schemas.transcripts import SessionTranscribed, TranscriptFinal
from schemas.wire import FinalMessage, Notice, Partial, Questions, Summary
from tests.support.transcribe.core_values import (
    OPTIONS,
    SILENT_FRAME,
    Script,
    TruthfulRecogniser,
    play,
    started,
    text_of,
    words,
)
from tests.support.transcribe.session_records import START_MS, answer_begun, questions_asked, session_ended

ALIVE = ConnectionAlive(event_id="alive", at_ms=START_MS, session_id="s-1")


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def state(script: Script) -> TranscriptionState:
    return started(script)[0]


def recognise_second(state: TranscriptionState, script: Script, *said: str) -> tuple[TranscriptionState, Output]:
    """Four frames, and what was recognised in the window that they made due."""
    for _ in range(4):
        state, output = receive(state, script.frame())
        assert output == NOTHING
    window = state.window
    assert window is not None
    return apply_hypothesis(state, window, Hypothesis(words(" ".join(said))))


def messages(output: Output) -> list[object]:
    return [each.reply.message for each in output.replies]


def test_the_demo_recogniser_sends_its_notice(script: Script) -> None:
    notice = Notice(code="demo_model", message="only a demo")
    _, output = started(script, replace(OPTIONS, notice=notice))
    assert messages(output) == [notice]
    (addressed,) = output.replies
    assert (addressed.reply_to, addressed.reply.conn, addressed.reply.heard_frames) == (3, "conn-1", 0)


def test_every_four_frames_make_a_window_of_all_audio_since_the_last_cut(
    state: TranscriptionState, script: Script
) -> None:
    for count in (4, 8):
        for _ in range(4):
            assert state.window is None
            state, _ = receive(state, script.frame())
        window = state.window
        assert window is not None
        assert (window.start, len(window.pcm), window.offset) == (0, count * len(SILENT_FRAME), script.offset - 1)
        state, _ = apply_hypothesis(state, window, Hypothesis())


def test_only_the_next_frame_counts(state: TranscriptionState, script: Script) -> None:
    state, _ = receive(state, script.frame())
    for seq in (0, 2, 7):
        state, output = receive(state, script.record(FrameRecord(seq, SILENT_FRAME)))
        assert output.ignored == (IgnoredReason.OUT_OF_ORDER,)
    state, output = receive(state, script.frame())
    assert (state.frames, output) == (2, NOTHING)


def test_the_first_questions_count(state: TranscriptionState, script: Script) -> None:
    state, first = receive(state, script.record(questions_asked("s-1", "How are you?")))
    state, second = receive(state, script.record(questions_asked("s-1", "Who are you?")))
    assert messages(first) == [Questions(questions=questions_asked("s-1", "How are you?").questions, source="bank")]
    assert second == Output(ignored=(IgnoredReason.ASKED_TWICE,))


def test_a_second_start_changes_nothing(state: TranscriptionState, script: Script) -> None:
    again, output = receive(state, script.start(user_id="mallory"))
    assert output.ignored == (IgnoredReason.STARTED_TWICE,)
    assert again.started == state.started


def test_words_are_shown_as_a_partial_and_then_published_as_a_final(state: TranscriptionState, script: Script) -> None:
    state, output = recognise_second(state, script, "good morning")
    assert output.facts == ()
    assert messages(output) == [Partial(text="good morning", start_ms=0, end_ms=600, after_final=0)]
    state, output = recognise_second(state, script, "Good morning every")
    final, counted = (fact.event for fact in output.facts)
    assert isinstance(final, TranscriptFinal)
    assert (final.final.number, final.final.text, final.final.question) == (1, "Good morning", None)
    assert isinstance(counted, WordsCounted)
    assert (sum(hour.words for hour in counted.hours), counted.live) == (2, True)
    assert messages(output) == [
        FinalMessage(**dict(final.final)),
        Partial(text="every", start_ms=600, end_ms=900, after_final=1),
    ]
    assert {each.reply.heard_frames for each in output.replies} == {8}


def test_a_window_without_words_is_acknowledged(state: TranscriptionState, script: Script) -> None:
    _, output = recognise_second(state, script)
    assert messages(output) == [None]
    assert [each.reply.heard_frames for each in output.replies] == [4]


def test_a_partial_without_words_removes_the_one_before(state: TranscriptionState, script: Script) -> None:
    state, _ = recognise_second(state, script, "hm")
    state, output = recognise_second(state, script)
    assert messages(output) == [Partial(text="", start_ms=0, end_ms=0, after_final=0)]
    _, output = recognise_second(state, script)
    assert messages(output) == [None]


def test_a_failed_window_changes_nothing(state: TranscriptionState, script: Script) -> None:
    state, _ = recognise_second(state, script, "good morning")
    for _ in range(4):
        state, _ = receive(state, script.frame())
    window = state.window
    assert window is not None
    state, output = apply_hypothesis(state, window, Hypothesis(failed="out of memory"))
    assert (output.facts, text_of(state.policy.unconfirmed)) == ((), "good morning")
    assert [each.reply.heard_frames for each in output.replies] == [8]


def test_the_end_publishes_all_words_and_a_summary(state: TranscriptionState, script: Script) -> None:
    asked = questions_asked("s-1", "How are you?", "Where are you?")
    said = words("fine thank you")
    recogniser = TruthfulRecogniser(said)
    log = [
        script.record(asked),
        script.record(answer_begun("s-1", 1, 0)),
        script.frame(),
        script.frame(),
        script.record(answer_begun("s-1", 2, 8000)),
        script.record(session_ended("s-1")),
    ]
    state, output = play(state, log, recogniser)
    assert state.phase is TranscriptionPhase.ENDED
    assert len(recogniser.windows) == 1
    transcribed = output.facts[-1].event
    assert isinstance(transcribed, SessionTranscribed)
    assert (transcribed.words, transcribed.audio_ms, transcribed.finals) == (1, 500, 1)
    assert [(each.question, each.text) for each in transcribed.answers] == [(1, "fine"), (2, "")]
    assert (transcribed.questions, transcribed.questions_source) == (asked.questions, "bank")
    assert (transcribed.ended_by, transcribed.model) == (EndCause.CLIENT, "test-model")
    assert (transcribed.conn, transcribed.reply_to, transcribed.live) == ("conn-1", 3, True)
    summary = messages(output)[-1]
    assert isinstance(summary, Summary)
    assert (summary.words, summary.audio_ms, summary.finals) == (1, 500, 1)


def test_a_session_without_audio_ends_at_once(state: TranscriptionState, script: Script) -> None:
    state, output = receive(state, script.record(session_ended("s-1")))
    assert state.phase is TranscriptionPhase.ENDED
    assert [type(fact.event) for fact in output.facts] == [SessionTranscribed]
    assert messages(output) == [Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)]


def test_if_the_last_window_fails_the_hypothesis_before_is_confirmed(state: TranscriptionState, script: Script) -> None:
    state, _ = recognise_second(state, script, "good night")
    state, _ = receive(state, script.record(session_ended("s-1")))
    assert state.window is not None
    _, output = apply_hypothesis(state, state.window, Hypothesis(failed="broken"))
    assert [fact.event.final.text for fact in output.facts if isinstance(fact.event, TranscriptFinal)] == ["good night"]


def test_an_idle_end_is_void_if_a_record_arrived_before_it(state: TranscriptionState, script: Script) -> None:
    seen = state.last_record.offset
    state, _ = receive(state, script.record(ALIVE))
    state, output = receive(state, script.record(session_ended("s-1", EndCause.IDLE, last_offset=seen)))
    assert output.ignored == (IgnoredReason.VOID_END,)
    end = script.record(session_ended("s-1", EndCause.IDLE, last_offset=state.last_record.offset))
    state, output = receive(state, end)
    assert state.phase is TranscriptionPhase.ENDED
    assert [fact.event.ended_by for fact in output.facts if isinstance(fact.event, SessionTranscribed)] == [
        EndCause.IDLE
    ]


def test_a_session_that_turns_out_not_to_be_live_is_counted_again(state: TranscriptionState, script: Script) -> None:
    state, _ = recognise_second(state, script, "good morning")
    state, _ = recognise_second(state, script, "good morning")
    for _ in range(4):
        state, _ = receive(state, script.frame(at_ms=START_MS - 60_000))
    assert state.window is not None
    _, output = apply_hypothesis(state, state.window, Hypothesis())
    (counted,) = (fact.event for fact in output.facts)
    assert isinstance(counted, WordsCounted)
    assert not counted.live


def test_the_same_log_gives_the_same_output_with_the_same_ids(script: Script) -> None:
    said = words("one two three four five six seven eight nine ten", 200, each_ms=700)
    beginning = started(script)[0]
    log = [*(script.frame() for _ in range(32)), script.record(session_ended("s-1"))]
    assert play(beginning, log, TruthfulRecogniser(said)) == play(beginning, log, TruthfulRecogniser(said))
