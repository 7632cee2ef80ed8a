"""Where in a session somebody speaks, from the probabilities that a voice filter gives for every 32 ms.

Two thresholds, so that a probability which hovers about one does not cut a word into pieces (hysteresis, as in Silero's
own examples): speech begins when the probability comes over the upper one and ends when it falls under the lower one,
each for a least time. All times are milliseconds of the session; a step of the filter is 32 ms exactly, so nothing is
rounded."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from schemas.audio import SAMPLE_BYTES

STEP_SAMPLES = 512
STEP_MS = 32
CONTEXT_SAMPLES = 64
"""The filter hears each step together with the end of the one before."""


@dataclass(frozen=True)
class VadOptions:
    """`enter`, `leave`: the thresholds. `min_speech_ms`: shorter is a click, not a word. `min_silence_ms`: shorter is
    inside a word. `pad_before_ms`, `pad_after_ms`: what counts as speech around it, for soft beginnings and endings.
    `pause_ms`: so long a silence ends what was being said."""

    enter: float = 0.5
    leave: float = 0.35
    min_speech_ms: int = 64
    min_silence_ms: int = 96
    pad_before_ms: int = 300
    pad_after_ms: int = 200
    pause_ms: int = 500


@dataclass(frozen=True)
class VadState:
    """What the filter carries from one step to the next. `hidden`, `cell`: its network's memory, float32
    little-endian; empty before the first step. `rest`: 16 bit PCM, the context of the next step and what there is of
    it already."""

    hidden: bytes = b""
    cell: bytes = b""
    rest: bytes = bytes(CONTEXT_SAMPLES * SAMPLE_BYTES)


INITIAL_VAD_STATE = VadState()


@dataclass(frozen=True)
class VadInput:
    """A session's next audio, to be listened to by a filter in this state."""

    session_id: str
    pcm: bytes
    state: VadState


@dataclass(frozen=True)
class VadOutput:
    """The probability of speech in every step that the piece completed, and the filter's state after it."""

    probabilities: tuple[float, ...]
    state: VadState


@dataclass(frozen=True)
class SpeechSegment:
    """Speech from here to there, without padding."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class VadSegments:
    """`until_ms`: all before it has been judged. `turning_ms`: since when it has sounded as if speech began, or ended,
    though not yet for long enough. `spans`: speech in order, as far back as the stream remembers; the last one grows
    while somebody is `speaking`."""

    until_ms: int = 0
    speaking: bool = False
    turning_ms: int | None = None
    spans: tuple[SpeechSegment, ...] = ()

    def heard(self, probabilities: Iterable[float], options: VadOptions) -> "VadSegments":
        """The next steps."""
        voice = self
        for probability in probabilities:
            voice = voice._step(probability, options)
        return voice

    def _step(self, probability: float, options: VadOptions) -> "VadSegments":
        since_ms, until_ms = self.until_ms, self.until_ms + STEP_MS
        low, high = probability < options.leave, probability >= options.enter
        turns, stays = (low, high) if self.speaking else (high, low)
        turning_ms = None if stays else self.turning_ms
        if turns and turning_ms is None:
            turning_ms = since_ms
        least_ms = options.min_silence_ms if self.speaking else options.min_speech_ms
        if turning_ms is not None and until_ms - turning_ms >= least_ms:
            return self._turned(turning_ms, until_ms)
        spans = (*self.spans[:-1], SpeechSegment(self.spans[-1].start_ms, until_ms)) if self.speaking else self.spans
        return replace(self, until_ms=until_ms, turning_ms=turning_ms, spans=spans)

    def _turned(self, at_ms: int, until_ms: int) -> "VadSegments":
        if self.speaking:
            return VadSegments(
                until_ms, speaking=False, spans=(*self.spans[:-1], SpeechSegment(self.spans[-1].start_ms, at_ms))
            )
        return VadSegments(until_ms, speaking=True, spans=(*self.spans, SpeechSegment(at_ms, until_ms)))

    def pauses(self, options: VadOptions) -> bool:
        """Whether what was being said has ended: somebody spoke, and then there was silence for long enough."""
        if self.speaking or not self.spans:
            return False
        return self.until_ms - self.spans[-1].end_ms >= options.pause_ms

    def speech_after(self, ms: int, options: VadOptions) -> bool:
        """Whether there is speech, or its padding, or what may become speech, beyond a time."""
        if self.turning_ms is not None and not self.speaking:
            return True
        return bool(self.spans) and min(self.spans[-1].end_ms + options.pad_after_ms, self.until_ms) > ms

    def next_speech_ms(self, ms: int, options: VadOptions) -> int:
        """Where, with padding, the first speech begins of which something lies beyond a time; if there is none, where
        it would if it began now. Padding does not reach into the speech before."""
        later = [span.start_ms for span in self.spans if span.end_ms > ms]
        begins_ms = later[0] if later else self.until_ms if self.turning_ms is None else self.turning_ms
        ended_ms = max((span.end_ms for span in self.spans if span.end_ms <= ms), default=0)
        return max(begins_ms - options.pad_before_ms, min(ended_ms, begins_ms))

    def since(self, ms: int) -> "VadSegments":
        """Without the speech that ended before a time, but for the last: the pause after it is measured from there."""
        return replace(self, spans=tuple(span for span in self.spans[:-1] if span.end_ms > ms) + self.spans[-1:])


NO_SEGMENTS = VadSegments()
