"""Keeps the audio buffer short enough for the model to recognise well, without losing or doubling a word at the cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.transcribe.core.audio.buffer import AudioBuffer
from processors.transcribe.core.audio.vad import VadOptions, VadSegments
from processors.transcribe.core.policy.policy import Policy
from schemas.audio import ms_to_samples
from schemas.words import Word


@dataclass(frozen=True)
class WindowLimits:
    longest_ms: int
    """No window is longer."""
    trim_ms: int
    """Audio before confirmed words is removed once the buffer is longer than this."""
    step_ms: int
    """The most that one window adds to the one before."""

    @property
    def longest_waiting_ms(self) -> int:
        """How long a window may grow while it waits for its turn. Under load, windows as long as the model takes
        (10 s) had a word error rate of 3.0 %, windows kept below 7 s one of 2.0 %, short ones at rest 1.5 %."""
        return (self.trim_ms + self.longest_ms) // 2

    @classmethod
    def for_model(cls, window_ms: int, trim_ms: int, step_ms: int) -> "WindowLimits":
        """For a model with windows of this length; a `trim_ms` of 0 stands for half of it. Short windows keep the
        times of words and the end of a window exact; a few seconds of earlier audio keep the words right."""
        return cls(longest_ms=window_ms, trim_ms=min(trim_ms or window_ms // 2, window_ms - step_ms), step_ms=step_ms)


_PAUSE_MS = 200
"""A longer gap between two words is certainly not inside a word."""
_LEAD_MS = 400
"""Silence left before a word, whose beginning is often recognised later than it is."""
_SILENCE_MS = 2000
"""Silence kept at the end of the buffer: a word may have just begun that is recognised only once it is complete."""
_CONTEXT_WORDS = 3
"""Confirmed words kept before a cut in the middle of speech: of one, two and three, this gave the best words."""
_HOLD_BACK_MS = 1000
"""The newest part of a window, in which words may be cut off: nothing is flushed there if it can be avoided."""


def trim(
    audio: AudioBuffer, policy: Policy, confirmed: Sequence[Word], limits: WindowLimits
) -> tuple[AudioBuffer, Policy, tuple[Word, ...]]:
    """The buffer as the next window should find it, and the words that had to be flushed to get there. Of the
    `confirmed` words, those that lie in the buffer matter."""
    keep_from_ms = audio.end_ms - limits.trim_ms
    if audio.start_ms < keep_from_ms:
        audio = _from(audio, _cut_ms(audio, policy.unconfirmed, confirmed, keep_from_ms))
    # Rounded up, for the ends of a window in milliseconds are rounded down.
    room_from_ms = audio.end_ms - (limits.longest_ms - limits.step_ms) + 1
    if audio.start_ms >= room_from_ms:
        return audio, policy, ()
    policy, flushed = policy.flush(max(audio.end_ms - _HOLD_BACK_MS, room_from_ms))
    return _from(audio, max(flushed[-1].start_ms if flushed else 0, room_from_ms)), policy, flushed


def without_leading_silence(
    audio: AudioBuffer, unconfirmed: Sequence[Word], vad: VadSegments, options: VadOptions, flush_ms: int | None
) -> AudioBuffer:
    """The buffer without the silence at its beginning. After an utterance, whose words before `flush_ms` have all been
    flushed, its audio is removed too."""
    cut_ms = vad.next_speech_ms(audio.start_ms if flush_ms is None else flush_ms, options)
    return _from(audio, min([cut_ms, *(word.start_ms - _LEAD_MS for word in unconfirmed[:1])]))


def _from(audio: AudioBuffer, cut_ms: int) -> AudioBuffer:
    return audio.trimmed(ms_to_samples(cut_ms)) if cut_ms > audio.start_ms else audio


def _cut_ms(audio: AudioBuffer, unconfirmed: Sequence[Word], confirmed: Sequence[Word], keep_from_ms: int) -> int:
    """Where to cut: in the last pause after a confirmed word, if that leaves little enough; else before a few confirmed
    words, which stay as context: after a cut right behind a word, its end would be recognised as a word of its own."""
    inside = [word for word in confirmed if word.end_ms > audio.start_ms]
    following_ms = unconfirmed[0].start_ms if unconfirmed else audio.end_ms - _SILENCE_MS + _LEAD_MS
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
