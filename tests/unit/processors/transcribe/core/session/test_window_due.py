"""When a window is due, and when a due window may wait."""

from dataclasses import replace

import pytest

from processors.transcribe.core.audio.buffer import AudioBuffer, AudioChunk
from processors.transcribe.core.audio.vad import SpeechSegment, VadSegments
from processors.transcribe.core.policy.policy import HypothesisBuffer
from processors.transcribe.core.session.state import TranscriptionState
from processors.transcribe.core.session.window_due import NextStep, decide, may_grow, may_wait, utterance_end_ms
from schemas.audio import FRAME_BYTES, FRAME_MS, FRAME_SAMPLES
from schemas.sessions import EndCause
from tests.support.transcribe.core_values import LIMITS, LOCAL_AGREEMENT_2, OPTIONS, VAD_OPTIONS, Script, started, words

WITH_VAD = replace(OPTIONS, vad=VAD_OPTIONS, window_frames=2)
QUIET = VadSegments(until_ms=60_000)
UNCONFIRMED = LOCAL_AGREEMENT_2(HypothesisBuffer(unconfirmed=words("good"), votes=(1,)))


@pytest.fixture
def state() -> TranscriptionState:
    return started(Script())[0]


def after(state: TranscriptionState, frames: int, processed: int = 0) -> TranscriptionState:
    chunks = tuple(AudioChunk(number, bytes(FRAME_BYTES)) for number in range(frames))
    audio = AudioBuffer(0, frames * FRAME_SAMPLES, 0, chunks)
    return replace(state, frames=frames, processed_frames=processed, audio=audio)


def spoken(start_ms: int, end_ms: int, *, speaking: bool = False) -> VadSegments:
    return replace(QUIET, segments=(SpeechSegment(start_ms, end_ms),), speaking=speaking)


def test_without_a_detector_every_so_many_frames_make_a_window_due(state: TranscriptionState) -> None:
    assert decide(after(state, 3)).step is NextStep.WAIT
    assert decide(after(state, 4)).step is NextStep.RECOGNISE
    assert decide(after(state, 8, processed=5)).step is NextStep.WAIT
    assert utterance_end_ms(after(state, 8)) is None


def test_silence_is_skipped_at_least_once_a_second(state: TranscriptionState) -> None:
    silent = replace(state, options=replace(WITH_VAD, window_frames=40), speech=QUIET)
    assert decide(after(silent, 3)).step is NextStep.WAIT
    assert decide(after(silent, 4)).step is NextStep.SKIP


def test_speech_that_the_recogniser_has_not_had_makes_a_window_due(state: TranscriptionState) -> None:
    speaking = replace(state, options=WITH_VAD, speech=spoken(100, 400, speaking=True))
    assert decide(after(speaking, 1)).step is NextStep.WAIT
    due = decide(after(speaking, 2))
    assert (due.step, due.flush_ms) == (NextStep.RECOGNISE, None)


def test_words_that_are_not_confirmed_are_recognised_again_in_silence(state: TranscriptionState) -> None:
    pending = replace(state, options=WITH_VAD, speech=QUIET, policy=UNCONFIRMED)
    assert decide(after(pending, 2)).step is NextStep.RECOGNISE


def test_the_end_of_an_utterance_confirms_its_words_without_waiting_for_more_frames(state: TranscriptionState) -> None:
    silence_ms = VAD_OPTIONS.endpointing_ms + 100
    ended = replace(
        state,
        options=replace(WITH_VAD, window_frames=40),
        speech=replace(spoken(0, 1000), until_ms=1000 + silence_ms),
        policy=UNCONFIRMED,
    )
    heard = after(replace(ended, recognised_ms=2000), 8, processed=7)
    assert decide(heard).step is NextStep.SKIP, "its audio was wholly in the window before"
    assert decide(heard).flush_ms == heard.audio.end_ms + 1
    unheard = after(ended, 8, processed=7)
    assert decide(unheard).step is NextStep.RECOGNISE
    assert decide(replace(unheard, speech=replace(unheard.speech, turning_ms=1800))).flush_ms == 1800


def test_a_window_may_grow_up_to_its_longest(state: TranscriptionState) -> None:
    longest = LIMITS.longest_waiting_ms // FRAME_MS
    assert may_grow(after(state, longest - 1))
    assert not may_grow(after(state, longest))


def test_only_a_short_window_that_may_coalesce_and_is_not_the_last_may_wait(state: TranscriptionState) -> None:
    options = replace(OPTIONS, coalesce=True, busy_window_frames=6)
    due = after(replace(state, options=options), 5)
    assert may_wait(due)
    assert not may_wait(after(due, 6))
    assert not may_wait(replace(due, options=replace(options, coalesce=False)))
    assert not may_wait(replace(due, flush_ms=100))
    assert not may_wait(replace(due, end_cause=EndCause.CLIENT))
