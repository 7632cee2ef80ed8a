"""A session with voice activity detection: silence costs nothing, the end of an utterance confirms its last words, and
frames may join a waiting window."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.transcribe.core.audio.vad import STEP_MS, VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis
from processors.transcribe.core.policy.local_agreement import LocalAgreement
from processors.transcribe.core.policy.policy import HypothesisBuffer, Policy
from processors.transcribe.core.policy.single_pass import SinglePass
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import Output, joined
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionPhase, TranscriptionState
from processors.transcribe.core.session.transitions import apply_hypothesis, apply_vad, can_receive, receive
from schemas.audio import FRAME_MS
from schemas.transcripts import TranscriptFinal
from schemas.wire import Partial, Summary
from schemas.words import Word
from tests.support.transcribe import core_values
from tests.support.transcribe.core_values import (
    LIMITS,
    LOCAL_AGREEMENT_2,
    VAD_OPTIONS,
    Script,
    TruthfulRecogniser,
    started,
    text_of,
    word,
    words,
)
from tests.support.transcribe.session_records import session_ended

VAD = replace(VAD_OPTIONS, endpointing_ms=600)
POLICIES: dict[str, Callable[[HypothesisBuffer], Policy]] = {
    "agreement": LOCAL_AGREEMENT_2,
    "agreement of three": partial(LocalAgreement, 3),
    "single": partial(SinglePass, 600),
}
OPTIONS = replace(core_values.OPTIONS, vad=VAD)


class TruthfulVad:
    """Detects speech exactly where words are."""

    def __init__(self, said: Sequence[Word]) -> None:
        self._said = said
        self._until_ms = 0

    def detect(self, given: VadInput) -> VadOutput:
        audio = given.state.rest + given.pcm
        steps = range(self._until_ms, self._until_ms + len(audio) // 1024 * STEP_MS, STEP_MS)
        self._until_ms += len(steps) * STEP_MS
        return VadOutput(
            tuple(0.9 if self._speaks(step) else 0.1 for step in steps),
            replace(given.state, rest=audio[len(steps) * 1024 :]),
        )

    def _speaks(self, ms: int) -> bool:
        return any(each.start_ms < ms + STEP_MS and ms < each.end_ms for each in self._said)


class Session:
    """One session with a detector and a recogniser that find exactly what is said."""

    def __init__(self, said: Sequence[Word], options: TranscriptionOptions = OPTIONS) -> None:
        self.script = Script()
        self.state: TranscriptionState = started(self.script, options)[0]
        self.state = replace(self.state, vad_state=replace(self.state.vad_state, rest=b""))
        self.vad, self.recogniser = TruthfulVad(said), TruthfulRecogniser(said)
        self.outputs: list[Output] = []
        self.windows_ms: list[tuple[int, int]] = []

    def receive(self, record: SessionLogRecord) -> None:
        assert can_receive(self.state)
        self.note(receive(self.state, record))
        if self.state.vad_input is not None:
            assert not can_receive(self.state)
            self.note(apply_vad(self.state, self.vad.detect(self.state.vad_input)))

    def recognise(self) -> None:
        window = self.state.window
        if window is not None:
            self.windows_ms.append((window.start_ms, window.end_ms))
            self.note(apply_hypothesis(self.state, window, self.recogniser.recognise(window)))

    def note(self, step: tuple[TranscriptionState, Output]) -> None:
        self.state, output = step
        self.outputs.append(output)

    def play(self, records: Iterable[SessionLogRecord]) -> None:
        for record in records:
            self.receive(record)
            self.recognise()

    def frames(self, count: int) -> list[SessionLogRecord]:
        return [self.script.frame() for _ in range(count)]

    @property
    def published(self) -> list[Word]:
        facts = [fact.event for output in self.outputs for fact in output.facts]
        return [each for fact in facts if isinstance(fact, TranscriptFinal) for each in fact.final.words]


@pytest.mark.parametrize("window_frames", [4, 8])
def test_silence_is_not_recognised_but_acknowledged_every_second(window_frames: int) -> None:
    session = Session((), replace(OPTIONS, window_frames=window_frames))
    session.play(session.frames(12))
    assert session.windows_ms == []
    replies = [addressed.reply for output in session.outputs for addressed in output.replies]
    assert [(reply.message, reply.heard_frames) for reply in replies] == [(None, 4), (None, 8), (None, 12)]
    assert session.state.audio.end_ms - session.state.audio.start_ms <= VAD.pad_before_ms + STEP_MS


def test_the_end_of_an_utterance_confirms_its_last_words() -> None:
    session = Session(words("it was cold", 2100))
    session.play(session.frames(17))
    assert session.published == list(words("it was cold", 2100))
    assert session.state.audio.start_ms >= 3000


def test_the_silence_before_the_first_word_is_not_recognised() -> None:
    session = Session(words("hello", 5000))
    session.play(session.frames(24))
    assert session.windows_ms[0][0] in range(5000 - VAD.pad_before_ms - 1000, 5001)


def test_an_utterance_that_was_in_the_window_before_is_not_recognised_again() -> None:
    session = Session(words("good night", 100))
    session.play(session.frames(4))
    assert (len(session.windows_ms), session.published) == (1, [])
    session.play(session.frames(2))
    assert len(session.windows_ms) == 1
    assert text_of(session.published) == "good night"


def test_a_session_that_ends_in_silence_is_not_recognised_again() -> None:
    session = Session(words("good night", 100))
    session.play([*session.frames(10), session.script.record(session_ended("s-1"))])
    assert len(session.windows_ms) == 1
    assert session.state.phase is TranscriptionPhase.ENDED


def test_a_session_that_ends_in_speech_is_recognised_to_its_end() -> None:
    session = Session(words("good night", 1100))
    session.play([*session.frames(7), session.script.record(session_ended("s-1"))])
    assert text_of(session.published) == "good night"


def test_if_recognition_fails_an_utterances_last_hypothesis_is_confirmed() -> None:
    said = words("one two three four five", 100)
    session = Session(said)
    session.play(session.frames(4))
    for record in session.frames(5):
        session.receive(record)
        if session.state.window is not None:
            session.note(apply_hypothesis(session.state, session.state.window, Hypothesis(failed="broken")))
    assert text_of(session.published) == "one two three"
    assert session.state.phase is TranscriptionPhase.RECEIVING


def test_frames_join_a_waiting_window_up_to_the_longest_waiting_length() -> None:
    session = Session(words("a " * 60, 0), replace(OPTIONS, coalesce=True))
    received = 0
    while can_receive(session.state):
        session.receive(session.script.frame())
        received += 1
    assert received == LIMITS.longest_waiting_ms // FRAME_MS
    session.recognise()
    assert session.windows_ms == [(0, LIMITS.longest_waiting_ms)]
    assert session.state.processed_frames == received
    assert can_receive(session.state)


def test_an_utterance_that_ended_inside_a_waiting_window_is_confirmed() -> None:
    said = (*words("one two", 100), *words("three", 2700))
    session = Session(said, replace(OPTIONS, coalesce=True))
    for record in session.frames(12):
        session.receive(record)
    session.recognise()
    assert text_of(session.published) == "one two"
    assert text_of(session.state.policy.unconfirmed) == "three"
    assert session.state.audio.start_ms in range(700, 2700)


def test_without_coalescing_a_waiting_window_does_not_grow() -> None:
    session = Session(words("a " * 20, 0))
    for record in session.frames(4):
        session.receive(record)
    assert not can_receive(session.state)


@st.composite
def speech(draw: st.DrawFn) -> tuple[Word, ...]:
    """Up to half a minute of words, some repeated, with pauses of any length between."""
    said, at_ms = [], 0
    for _ in range(draw(st.integers(0, 40))):
        start_ms = at_ms + draw(st.sampled_from([0, 0, 0, 30, 150, 400, 700, 3000]))
        at_ms = start_ms + draw(st.integers(80, 900))
        said.append(word(draw(st.sampled_from(["yes", "very", "the", "dog.", "a"])), start_ms, at_ms))
        if at_ms > 30_000:
            break
    return tuple(said)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.thorough
@settings(max_examples=25)
@given(said=speech(), rest_frames=st.integers(0, 8), frames=st.sampled_from([1, 2, 4]), data=st.data())
def test_no_word_is_lost_or_doubled_for_any_pauses_and_load(
    policy: str, said: tuple[Word, ...], rest_frames: int, frames: int, data: st.DataObject
) -> None:
    coalesce = data.draw(st.booleans())
    options = replace(OPTIONS, policy=POLICIES[policy], window_frames=frames, coalesce=coalesce)
    session = Session(said, options)
    count = (said[-1].end_ms if said else 0) // FRAME_MS + 1 + rest_frames
    for record in [*session.frames(count), session.script.record(session_ended("s-1"))]:
        while not can_receive(session.state):
            session.recognise()
        session.receive(record)
        if not coalesce or data.draw(st.integers(0, 3)) == 0:
            session.recognise()
    session.recognise()
    check(session, said)


def check(session: Session, said: tuple[Word, ...]) -> None:
    assert session.state.phase is TranscriptionPhase.ENDED
    assert session.published == list(said)
    assert all(end_ms - start_ms <= LIMITS.longest_ms for start_ms, end_ms in session.windows_ms)
    whole = joined(session.outputs)
    finals = [fact.event.final for fact in whole.facts if isinstance(fact.event, TranscriptFinal)]
    assert [final.number for final in finals] == list(range(1, len(finals) + 1))
    replies = [addressed.reply for addressed in whole.replies]
    processed = [reply.heard_frames for reply in replies if reply.heard_frames is not None]
    assert processed == sorted(processed)
    ids = [fact.event.event_id for fact in whole.facts] + [reply.event_id for reply in replies]
    assert len(set(ids)) == len(ids)
    assert isinstance(replies[-1].message, Summary)
    shown = [reply.message for reply in replies if isinstance(reply.message, Partial)]
    assert all(partial.after_final <= len(finals) for partial in shown)
