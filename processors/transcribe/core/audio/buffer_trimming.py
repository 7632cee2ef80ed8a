"""Keeps a window short enough for the model to hear it well, without losing or doubling a word at the cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.transcribe.core.audio.buffer import AudioBuffer
from processors.transcribe.core.audio.vad import VadOptions, VadSegments
from processors.transcribe.core.policy.policy import Policy
from schemas.audio import ms_to_samples
from schemas.words import Word


@dataclass(frozen=True)
class WindowLimits:
    """`longest_ms`: no window is longer. `trim_ms`: audio before certain words goes once the buffer is longer.
    `step_ms`: the most that one window adds to the one before."""

    longest_ms: int
    trim_ms: int
    step_ms: int = 1000

    @property
    def grown_ms(self) -> int:
        """How long a window may become that waits for its turn. Under load, windows as long as the model takes (10 s)
        had a word error rate of 3.0 %, such as stayed below 7 s one of 2.0 %, short ones at rest 1.5 %."""
        return (self.trim_ms + self.longest_ms) // 2

    @classmethod
    def for_model(cls, window_ms: int, trim_ms: int = 0, step_ms: int = 1000) -> "WindowLimits":
        """For a model that hears so much at once; without a `trim_ms`, half of it. Short windows keep the words' times
        and the end of a window exact; a few seconds of what came before keep the words right."""
        return cls(longest_ms=window_ms, trim_ms=min(trim_ms or window_ms // 2, window_ms - step_ms), step_ms=step_ms)


_PAUSE_MS = 200
"""A gap between two words that is surely not inside one."""
_LEAD_MS = 400
"""Silence left before a word: its beginning is often heard later than it is."""
_SILENCE_MS = 2000
"""What is kept of silence at the end of a buffer: a word may have just begun, that is heard only when it is whole."""
_CONTEXT_WORDS = 3
"""Certain words that stay before a cut in the middle of speech; so many heard words best, of one, two and three."""
_HOLD_BACK_MS = 1000
"""The newest part of a window, in which words may be cut off: nothing is forced there if it can be helped."""


def trim(
    audio: AudioBuffer, policy: Policy, certain: Sequence[Word], limits: WindowLimits
) -> tuple[AudioBuffer, Policy, tuple[Word, ...]]:
    """The buffer as the next window should find it, and the words that had to be taken for certain to get there.
    `certain`: the certain words, of which those that lie in the buffer matter."""
    keep_from_ms = audio.end_ms - limits.trim_ms
    if audio.start_ms < keep_from_ms:
        audio = _from(audio, _cut_ms(audio, policy.tail, certain, keep_from_ms))
    # Rounded up, for the ends of a window in milliseconds are rounded down.
    room_from_ms = audio.end_ms - (limits.longest_ms - limits.step_ms) + 1
    if audio.start_ms >= room_from_ms:
        return audio, policy, ()
    policy, forced = policy.force(max(audio.end_ms - _HOLD_BACK_MS, room_from_ms))
    return _from(audio, max(forced[-1].start_ms if forced else 0, room_from_ms)), policy, forced


def without_silence(
    audio: AudioBuffer, tail: Sequence[Word], voice: VadSegments, options: VadOptions, final_ms: int | None
) -> AudioBuffer:
    """The buffer without the silence at its beginning. After a pause, `final_ms`, all that was said before it is
    certain and goes too."""
    cut_ms = voice.next_speech_ms(audio.start_ms if final_ms is None else final_ms, options)
    return _from(audio, min([cut_ms, *(word.start_ms - _LEAD_MS for word in tail[:1])]))


def _from(audio: AudioBuffer, cut_ms: int) -> AudioBuffer:
    return audio.trimmed(ms_to_samples(cut_ms)) if cut_ms > audio.start_ms else audio


def _cut_ms(audio: AudioBuffer, tail: Sequence[Word], certain: Sequence[Word], keep_from_ms: int) -> int:
    """Where to cut: in the last pause after a certain word, if that leaves little enough; else before a few certain
    words, which stay as context: a cut right behind a word would leave its end to be heard as a word of its own."""
    inside = [word for word in certain if word.end_ms > audio.start_ms]
    following_ms = tail[0].start_ms if tail else audio.end_ms - _SILENCE_MS + _LEAD_MS
    if not inside:
        return min(following_ms - _LEAD_MS, audio.end_ms - _SILENCE_MS)
    next_ms = [*(word.start_ms for word in inside[1:]), following_ms]
    pauses = [
        max((word.end_ms + until_ms) // 2, until_ms - _LEAD_MS)
        for word, until_ms in zip(inside, next_ms, strict=True)
        if until_ms - word.end_ms >= _PAUSE_MS
    ]
    if pauses and pauses[-1] >= keep_from_ms:
        return pauses[-1]
    return max([inside[-_CONTEXT_WORDS:][0].start_ms, *pauses])
