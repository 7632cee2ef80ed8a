"""The rules for when a session's window is due, and when a due window may still wait for more audio."""

from dataclasses import dataclass
from enum import Enum, auto

from processors.transcribe.core.session.state import TranscriptionState
from schemas.audio import FRAME_MS, FRAME_SAMPLES, ms_to_samples

_FRAMES_PER_S = 1000 // FRAME_MS
"""At least this often, a client is told that its silence has been processed."""


class NextStep(Enum):
    WAIT = auto()
    """For more frames."""
    RECOGNISE = auto()
    """The window is due."""
    SKIP = auto()
    """The frames count as processed, without the recogniser: they hold no speech that it has not had."""


@dataclass(frozen=True)
class WindowDecision:
    step: NextStep
    flush_ms: int | None = None
    """The utterance has ended: its words that begin before this time are confirmed."""


def decide(state: TranscriptionState) -> WindowDecision:
    """Whether the newest frame makes a window due. It does if enough frames have gathered and there is speech that the
    recogniser has not had, or words that are not confirmed; or if the utterance has ended, so that its last words can
    be confirmed."""
    new_speech = has_new_speech(state)
    pending = new_speech or bool(state.policy.unconfirmed)
    utterance_ended = utterance_end_ms(state) is not None
    enough = state.options.window_frames if pending else min(state.options.window_frames, _FRAMES_PER_S)
    if not utterance_ended and state.frames - state.processed_frames < enough:
        return WindowDecision(NextStep.WAIT)
    # An utterance that was wholly in the window before is not recognised again.
    needs_recogniser = new_speech if utterance_ended else pending
    return WindowDecision(
        NextStep.RECOGNISE if needs_recogniser else NextStep.SKIP,
        flush_ms=_silence_from_ms(state) if utterance_ended or not pending else None,
    )


def utterance_end_ms(state: TranscriptionState) -> int | None:
    """Endpointing: if an utterance with words that are not confirmed has ended, the time before which they begin."""
    vad = state.options.vad
    if vad is None or not (has_new_speech(state) or state.policy.unconfirmed):
        return None
    return _silence_from_ms(state) if state.speech.utterance_ended(vad) else None


def _silence_from_ms(state: TranscriptionState) -> int:
    """The start of what may become the next utterance; else the end of the audio."""
    return state.audio.end_ms + 1 if state.speech.turning_ms is None else state.speech.turning_ms


def has_new_speech(state: TranscriptionState) -> bool:
    """Whether there is speech that the recogniser has not had. Without a detector, all audio is taken for speech."""
    vad = state.options.vad
    return vad is None or state.speech.speech_after(state.recognised_ms, vad)


def may_grow(state: TranscriptionState) -> bool:
    """Whether a window that waits for its turn can hold another frame."""
    longest = ms_to_samples(state.options.limits.longest_waiting_ms)
    return state.audio.end - state.audio.start + FRAME_SAMPLES <= longest


def may_wait(state: TranscriptionState) -> bool:
    """Whether the due window may wait for more audio while the model is busy. An utterance's last words may not."""
    is_last = state.flush_ms is not None or state.end_cause is not None
    is_short = state.frames - state.processed_frames < state.options.busy_window_frames
    return state.options.coalesce and is_short and may_grow(state) and not is_last
