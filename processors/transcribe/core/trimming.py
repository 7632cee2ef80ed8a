"""Keeps a window short enough for the model to hear it well, without losing or doubling a word at the cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.transcribe.core.audio import Audio
from processors.transcribe.core.policy import Policy
from schemas.audio import ms_to_samples
from schemas.words import Word


@dataclass(frozen=True)
class WindowLimits:
    """`longest_ms`: no window is longer. `trim_ms`: audio before certain words goes once the buffer is longer.
    `step_ms`: the most that one window adds to the one before."""

    longest_ms: int
    trim_ms: int
    step_ms: int = 1000

    @classmethod
    def for_model(cls, window_ms: int) -> "WindowLimits":
        """For a model that hears so much at once. Short windows keep the words' times and the end of a window exact;
        a few seconds of what came before keep the words right."""
        return cls(longest_ms=window_ms, trim_ms=window_ms * 6 // 10)


_PAUSE_MS = 200
"""A gap between two words that is surely not inside one."""
_LEAD_MS = 400
"""Silence left before a word: its beginning is often heard later than it is."""
_SILENCE_MS = 2000
"""What is kept of a buffer in which nothing was heard: a word may have just begun."""
_HOLD_BACK_MS = 1000
"""The newest part of a window, in which words may be cut off: nothing is forced there if it can be helped."""


def trim(
    audio: Audio, policy: Policy, certain: Sequence[Word], limits: WindowLimits
) -> tuple[Audio, Policy, tuple[Word, ...]]:
    """The buffer as the next window should find it, and the words that had to be taken for certain to get there.
    `certain`: the certain words, of which those that lie in the buffer matter."""
    if audio.end_ms - audio.start_ms > limits.trim_ms:
        audio = _trimmed(audio, _cut_ms(audio, policy.tail, certain))
    room_from_ms = audio.end_ms - (limits.longest_ms - limits.step_ms)
    if audio.start_ms >= room_from_ms:
        return audio, policy, ()
    policy, forced = policy.force(max(audio.end_ms - _HOLD_BACK_MS, room_from_ms))
    cut_ms = max(forced[-1].end_ms if forced else 0, room_from_ms)
    return _trimmed(audio, cut_ms), policy, forced


def _trimmed(audio: Audio, cut_ms: int) -> Audio:
    # Rounded up: a millisecond that is left standing would make the next window longer than allowed.
    return audio.trimmed(ms_to_samples(cut_ms + 1) if cut_ms > audio.start_ms else audio.start)


def _cut_ms(audio: Audio, tail: Sequence[Word], certain: Sequence[Word]) -> int:
    inside = [word for word in certain if word.end_ms > audio.start_ms]
    following = tail[0].start_ms if tail else audio.end_ms
    if not inside:
        return min(following - _LEAD_MS, audio.end_ms - _SILENCE_MS)
    pauses = [
        (word.end_ms, next_start_ms)
        for word, next_start_ms in zip(
            inside, [*(after.start_ms for _, after in pairwise(inside)), following], strict=True
        )
        if next_start_ms - word.end_ms >= _PAUSE_MS
    ]
    if pauses:
        end_ms, next_start_ms = pauses[-1]
        return max((end_ms + next_start_ms) // 2, next_start_ms - _LEAD_MS)
    return inside[-1].end_ms
