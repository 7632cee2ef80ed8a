"""What holds for every log and every recogniser."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.finals import question_at
from processors.transcribe.core.session.log_records import FrameRecord, RecordBody
from processors.transcribe.core.session.output import Output, joined
from processors.transcribe.core.session.state import TranscriptionPhase
from processors.transcribe.core.session.transitions import apply_hypothesis, receive
from schemas.audio import FRAME_BYTES, FRAME_MS
from schemas.replies import Reply
from schemas.transcripts import Final, SessionTranscribed, TranscriptFinal
from schemas.wire import FinalMessage, Partial, Summary
from schemas.words import Word, count_words
from tests.support.transcribe.core_values import LIMITS, Script, TruthfulRecogniser, play, started, text_of, word
from tests.support.transcribe.session_records import answer_begun, questions_asked, session_ended

TEXTS = st.sampled_from(["yes", "very", "the", "dog.", "a", "—"])
NONSENSE = st.builds(
    Hypothesis,
    st.lists(st.builds(word, TEXTS, st.integers(-500, 11_000), st.integers(-500, 11_000)), max_size=6).map(tuple),
    st.sampled_from([None, None, None, "failed"]),
)
RECORDS = st.one_of(
    st.builds(FrameRecord, st.just(-1), st.integers(1, FRAME_BYTES // 2).map(lambda samples: bytes(2 * samples))),
    st.builds(FrameRecord, st.integers(0, 50), st.just(bytes(FRAME_BYTES))),
    st.builds(answer_begun, st.just("s-1"), st.integers(1, 3), st.integers(0, 400_000)),
    st.builds(questions_asked, st.just("s-1"), st.text(max_size=3)),
)


def published(output: Output) -> list[Final]:
    return [fact.event.final for fact in output.facts if isinstance(fact.event, TranscriptFinal)]


def replies(output: Output) -> list[Reply]:
    return [each.reply for each in output.replies]


@settings(max_examples=60)
@given(st.lists(RECORDS, max_size=80), st.data())
def test_invariants_hold_for_any_log_and_any_hypotheses(records: list[RecordBody], data: st.DataObject) -> None:
    script = Script()
    state, _ = started(script)
    windows: list[Window] = []
    outputs: list[Output] = []
    for body in [*records, session_ended("s-1")]:
        # Frames numbered -1 are the next ones; the others have numbers of their own.
        record = script.record(
            FrameRecord(state.frames, body.pcm) if isinstance(body, FrameRecord) and body.seq < 0 else body
        )
        state, output = receive(state, record)
        outputs.append(output)
        if state.window is not None:
            windows.append(state.window)
            state, output = apply_hypothesis(state, state.window, data.draw(NONSENSE))
            outputs.append(output)
            assert output.replies
        # An answer mark that arrives later does not change the finals before it.
        for final in published(output):
            assert all(question_at(state.marks, said.start_ms) == final.question for said in final.words)
    whole = joined(outputs)
    check_windows(windows)
    check_finals(whole)
    assert state.phase is TranscriptionPhase.ENDED


def check_windows(windows: Sequence[Window]) -> None:
    """None too long, and together they contain all audio: each begins inside the one before, or at its end."""
    assert all(window.pcm and window.end_ms - window.start_ms <= LIMITS.longest_ms for window in windows)
    assert all(
        before.start <= after.start <= before.start + len(before.pcm) // 2 for before, after in pairwise(windows)
    )
    assert not windows or windows[0].start == 0


def check_finals(output: Output) -> None:
    """Numbered without gaps, in order, the same in facts and replies, and summarised correctly."""
    finals = published(output)
    said = [each for final in finals for each in final.words]
    assert [final.number for final in finals] == list(range(1, len(finals) + 1))
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(said))
    assert all(final.text == text_of(final.words) for final in finals)
    sent = [reply.message for reply in replies(output)]
    assert [dict(each) for each in sent if isinstance(each, FinalMessage)] == [
        {"type": "final", **dict(final)} for final in finals
    ]
    passed = 0
    for message in sent:
        passed += isinstance(message, FinalMessage)
        assert not isinstance(message, Partial) or message.after_final == passed
    processed = [reply.heard_frames for reply in replies(output) if reply.heard_frames is not None]
    assert processed == sorted(processed)
    transcribed, summary = output.facts[-1].event, sent[-1]
    assert isinstance(transcribed, SessionTranscribed)
    assert isinstance(summary, Summary)
    assert sorted(each.number for answer in transcribed.answers for each in answer.finals) == [
        final.number for final in finals
    ]
    assert summary.words == transcribed.words == count_words(" ".join(final.text for final in finals))
    ids = [fact.event.event_id for fact in output.facts] + [reply.event_id for reply in replies(output)]
    assert len(set(ids)) == len(ids)


@st.composite
def speech(draw: st.DrawFn) -> tuple[Word, ...]:
    """Up to a minute of words, some repeated, with pauses of any length between."""
    said, at_ms = [], 0
    for _ in range(draw(st.integers(0, 60))):
        start_ms = at_ms + draw(st.sampled_from([0, 0, 0, 30, 150, 400, 3000, 12_000]))
        at_ms = start_ms + draw(st.integers(80, 900))
        said.append(word(draw(TEXTS), start_ms, at_ms))
        if at_ms > 60_000:
            break
    return tuple(said)


@pytest.mark.thorough
@settings(max_examples=100)
@given(speech(), st.integers(0, 2000))
def test_what_is_recognised_correctly_is_published_correctly(said: tuple[Word, ...], rest_ms: int) -> None:
    script = Script()
    state, _ = started(script)
    frames = (said[-1].end_ms if said else 0) // FRAME_MS + 1 + rest_ms // FRAME_MS
    log = [*(script.frame() for _ in range(frames)), script.record(session_ended("s-1"))]
    state, output = play(state, log, TruthfulRecogniser(said))
    assert [each for final in published(output) for each in final.words] == list(said)
    assert state.phase is TranscriptionPhase.ENDED
