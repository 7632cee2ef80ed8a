"""A long session costs per window what a short one costs."""

from dataclasses import replace

import pytest

from processors.transcribe.core.audio.vad import STEP_MS, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.state import TranscriptionState
from processors.transcribe.core.session.transitions import apply_hypothesis, apply_vad, receive
from schemas.audio import FRAME_MS
from tests.support.transcribe.core_values import LIMITS, OPTIONS, VAD_OPTIONS, Script, started, word

PERIOD_MS, EACH_MS = 12_000, 300


def speaks(ms: int, speech_ms: int) -> bool:
    return ms % PERIOD_MS < speech_ms


def recognise(window: Window, speech_ms: int) -> Hypothesis:
    """A word every 300 ms of speech, known by its time, as far as it lies in the window."""
    first = -(-window.start_ms // EACH_MS) * EACH_MS
    begins = range(first, window.end_ms - EACH_MS + 1, EACH_MS)
    return Hypothesis(
        tuple(
            word(f"w{ms // EACH_MS}", ms - window.start_ms, ms + EACH_MS - window.start_ms)
            for ms in begins
            if speaks(ms, speech_ms)
        )
    )


def spoken_for(minutes: int, speech_ms: int) -> tuple[TranscriptionState, list[int]]:
    """The session after so many minutes, and the windows' lengths in milliseconds."""
    script = Script()
    state, _ = started(script, replace(OPTIONS, vad=VAD_OPTIONS, window_frames=2))
    lengths_ms, until_ms = [], 0
    for _ in range(minutes * 60_000 // FRAME_MS):
        state, _ = receive(state, script.frame())
        steps = range(until_ms, state.audio.end_ms - STEP_MS + 1, STEP_MS)
        until_ms += len(steps) * STEP_MS
        probabilities = tuple(0.9 if speaks(step, speech_ms) else 0.1 for step in steps)
        state, _ = apply_vad(state, VadOutput(probabilities, state.vad_state))
        if state.window is not None:
            lengths_ms.append(state.window.end_ms - state.window.start_ms)
            state, _ = apply_hypothesis(state, state.window, recognise(state.window, speech_ms))
    return state, lengths_ms


@pytest.mark.parametrize("speech_ms", [9000, PERIOD_MS], ids=["with pauses", "without"])
def test_ten_minutes_of_speech_leave_no_more_state_than_one(speech_ms: int) -> None:
    state, lengths_ms = spoken_for(10, speech_ms)
    minute = len(lengths_ms) // 10
    assert sum(lengths_ms[-minute:]) <= 1.05 * sum(lengths_ms[minute : 2 * minute])
    assert max(lengths_ms) <= LIMITS.longest_ms
    assert len(state.audio.chunks) <= LIMITS.longest_ms // FRAME_MS + 1
    assert len(state.speech.segments) + len(state.confirmed) + len(state.policy.buffer.recent) < 60
    said = [each.text for final in state.finals for each in final.words]
    spoken = [f"w{ms // EACH_MS}" for ms in range(0, 600_000, EACH_MS) if speaks(ms, speech_ms)]
    assert said == spoken[: len(said)]
    assert len(said) > len(spoken) - 10
