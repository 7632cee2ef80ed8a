"""A session's state between two records of its log: all of it, as one value."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from processors.transcribe.core.audio.buffer import EMPTY_AUDIO, AudioBuffer
from processors.transcribe.core.audio.buffer_trimming import WindowLimits
from processors.transcribe.core.audio.vad import (
    INITIAL_VAD_STATE,
    NO_SEGMENTS,
    VadInput,
    VadOptions,
    VadSegments,
    VadState,
)
from processors.transcribe.core.audio.windows import Window
from processors.transcribe.core.policy.policy import HypothesisBuffer, Policy
from processors.transcribe.core.session.counting import LiveCheck
from processors.transcribe.core.session.finals import AnswerMark
from processors.transcribe.core.session.log_records import RecordPosition
from schemas.audio import FRAME_MS, FRAME_SAMPLES, ms_to_samples
from schemas.counts import HourCount
from schemas.sessions import EndCause, QuestionsAsked, SessionStarted
from schemas.transcripts import Final
from schemas.wire import Notice
from schemas.words import Word


@dataclass(frozen=True)
class TranscriptionOptions:
    """What all streams of a transcriber share. `model`: its name, as facts give it. `policy`: makes one that goes on
    from a memory. `notice`: what every client is told at the start, if anything. `voice`: None if all audio is to be
    heard, silence too. `window_frames`: new frames that make a window due. `coalesce`: frames that come while a window
    waits for its turn join it; else the same log makes the same windows, whatever the load. `busy_window_frames`: so
    many of them a window may wait for while the model is busy."""

    model: str
    limits: WindowLimits
    policy: Callable[[HypothesisBuffer], Policy]
    notice: Notice | None = None
    voice: VadOptions | None = None
    window_frames: int = 4
    coalesce: bool = False
    busy_window_frames: int = 4


class Phase(Enum):
    LISTENING = "listening"
    """Records are taken in."""
    DUE = "due"
    """A window waits for its hypothesis; records must wait, unless they may join it."""
    OVER = "over"
    """All has been said."""


@dataclass(frozen=True)
class TranscriptionState:
    """`frames`: frames taken in, which is the number of the next one. `heard_frames`: those that have been worked
    through, by a recogniser or as silence. `heard_ms`: end of the audio that a recogniser heard last. `unlistened`: the
    newest frame, until the voice filter has listened to it; `ears` is the filter's state before that frame, `voice`
    what it has found. `final_ms`: the window that is due is followed by a pause; what begins before this time is
    certain with it. `certain`: the certain words that lie in the buffer. `newest`: the last record of the session,
    whatever its kind. `shows_partial`: the client was shown an unstable tail last. `ending`: the log has ended, and
    why; what is due is the last window."""

    options: TranscriptionOptions
    started: SessionStarted
    newest: RecordPosition
    conn: str
    reply_to: int
    policy: Policy
    pace: LiveCheck
    phase: Phase = Phase.LISTENING
    audio: AudioBuffer = EMPTY_AUDIO
    frames: int = 0
    heard_frames: int = 0
    heard_ms: int = 0
    ears: VadState = INITIAL_VAD_STATE
    voice: VadSegments = NO_SEGMENTS
    unlistened: bytes | None = None
    final_ms: int | None = None
    questions: QuestionsAsked | None = None
    marks: tuple[AnswerMark, ...] = ()
    certain: tuple[Word, ...] = ()
    finals: tuple[Final, ...] = ()
    hours: tuple[HourCount, ...] = ()
    told_live: bool = True
    shows_partial: bool = False
    ending: EndCause | None = None

    @property
    def piece(self) -> VadInput | None:
        """What the voice filter must listen to before the next record can be taken in."""
        return None if self.unlistened is None else VadInput(self.started.session_id, self.unlistened, self.ears)

    @property
    def has_room(self) -> bool:
        """Whether a window that waits for its turn may take another frame."""
        longest = ms_to_samples(self.options.limits.grown_ms)
        return self.audio.end - self.audio.start + FRAME_SAMPLES <= longest

    @property
    def may_wait(self) -> bool:
        """Whether the window that is due may wait for more audio while the model is busy. Last words may not."""
        is_last = self.final_ms is not None or self.ending is not None
        is_short = self.frames - self.heard_frames < self.options.busy_window_frames
        return self.options.coalesce and is_short and self.has_room and not is_last

    @property
    def window(self) -> Window | None:
        """The window that is due, if one is."""
        if self.phase is not Phase.DUE:
            return None
        return Window(
            session_id=self.started.session_id,
            partition=self.newest.partition,
            offset=self.newest.offset,
            language=self.started.language,
            start=self.audio.start,
            pcm=self.audio.pcm,
            due_at_ms=self.newest.timestamp_ms,
            prompt=" ".join(word.text for word in self.policy.memory.recent if word.end_ms <= self.audio.start_ms),
            new_ms=(self.frames - self.heard_frames) * FRAME_MS,
        )
