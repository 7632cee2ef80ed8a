"""Voice activity detection: which parts of a session are speech, from the detector's probability for every 32 ms.

Two thresholds, so that a probability hovering around one of them does not cut a word into pieces (hysteresis, as in
Silero's own examples): speech begins when the probability rises above the upper threshold and ends when it falls below
the lower one, each for a minimum time. All times are milliseconds of the session; a detector step is exactly 32 ms, so
nothing is rounded."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from schemas.audio import SAMPLE_BYTES

STEP_SAMPLES = 512
STEP_MS = 32
CONTEXT_SAMPLES = 64
"""The detector's input for each step begins with the end of the step before."""


@dataclass(frozen=True)
class VadOptions:
    """When speech begins and ends. The settings (`TRANSCRIBE_VAD_*`) explain each of them and hold the defaults."""

    threshold: float
    neg_threshold: float
    min_speech_ms: int
    min_silence_ms: int
    pad_before_ms: int
    pad_after_ms: int
    endpointing_ms: int
    """Silence of this length ends an utterance."""


@dataclass(frozen=True)
class VadState:
    """What the detector carries from one step to the next."""

    hidden: bytes = b""
    """Its network's memory, like `cell`: float32 little-endian, empty before the first step."""
    cell: bytes = b""
    rest: bytes = bytes(CONTEXT_SAMPLES * SAMPLE_BYTES)
    """16 bit PCM: the next step's context, and as much of that step as has arrived."""


INITIAL_VAD_STATE = VadState()


@dataclass(frozen=True)
class VadInput:
    """A session's next audio, for a detector in this state."""

    session_id: str
    pcm: bytes
    state: VadState


@dataclass(frozen=True)
class VadOutput:
    """The probability of speech in every step that the input completed, and the detector's state after it."""

    probabilities: tuple[float, ...]
    state: VadState


@dataclass(frozen=True)
class SpeechSegment:
    """Speech between two times, without padding."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class VadSegments:
    """A session's speech as far as the detector has processed it."""

    until_ms: int = 0
    """Audio before this time has been processed."""
    speaking: bool = False
    turning_ms: int | None = None
    """When the probability crossed the threshold that would begin, or end, speech, if it has not stayed there for the
    minimum time yet."""
    segments: tuple[SpeechSegment, ...] = ()
    """In order, as far back as they are needed; the last one grows while `speaking`."""

    def extended(self, probabilities: Iterable[float], options: VadOptions) -> "VadSegments":
        """With the next steps."""
        vad = self
        for probability in probabilities:
            vad = vad._step(probability, options)
        return vad

    def _step(self, probability: float, options: VadOptions) -> "VadSegments":
        since_ms, until_ms = self.until_ms, self.until_ms + STEP_MS
        low, high = probability < options.neg_threshold, probability >= options.threshold
        turns, stays = (low, high) if self.speaking else (high, low)
        turning_ms = None if stays else self.turning_ms
        if turns and turning_ms is None:
            turning_ms = since_ms
        least_ms = options.min_silence_ms if self.speaking else options.min_speech_ms
        if turning_ms is not None and until_ms - turning_ms >= least_ms:
            return self._turned(turning_ms, until_ms)
        segments = self._with_last_end(until_ms) if self.speaking else self.segments
        return replace(self, until_ms=until_ms, turning_ms=turning_ms, segments=segments)

    def _turned(self, at_ms: int, until_ms: int) -> "VadSegments":
        if self.speaking:
            return VadSegments(until_ms, speaking=False, segments=self._with_last_end(at_ms))
        return VadSegments(until_ms, speaking=True, segments=(*self.segments, SpeechSegment(at_ms, until_ms)))

    def _with_last_end(self, end_ms: int) -> tuple[SpeechSegment, ...]:
        return (*self.segments[:-1], SpeechSegment(self.segments[-1].start_ms, end_ms))

    def utterance_ended(self, options: VadOptions) -> bool:
        """Whether there was speech, followed by enough silence to end the utterance."""
        if self.speaking or not self.segments:
            return False
        return self.until_ms - self.segments[-1].end_ms >= options.endpointing_ms

    def speech_after(self, ms: int, options: VadOptions) -> bool:
        """Whether there is speech, its padding, or what may become speech, after a time."""
        if self.turning_ms is not None and not self.speaking:
            return True
        return bool(self.segments) and min(self.segments[-1].end_ms + options.pad_after_ms, self.until_ms) > ms

    def next_speech_ms(self, ms: int, options: VadOptions) -> int:
        """The start, with padding, of the first speech that reaches past a time; if there is none, where speech that
        begins now would start. Padding does not reach into the speech before."""
        later = [segment.start_ms for segment in self.segments if segment.end_ms > ms]
        begins_ms = later[0] if later else self.until_ms if self.turning_ms is None else self.turning_ms
        ended_ms = max((segment.end_ms for segment in self.segments if segment.end_ms <= ms), default=0)
        return max(begins_ms - options.pad_before_ms, min(ended_ms, begins_ms))

    def since(self, ms: int) -> "VadSegments":
        """Without the speech that ended before a time, but always with the last segment: silence is measured from its
        end."""
        kept = tuple(segment for segment in self.segments[:-1] if segment.end_ms > ms)
        return replace(self, segments=kept + self.segments[-1:])


NO_SPEECH = VadSegments()
