"""A session's transcription between two records of its log: all of it, as one value."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from processors.transcribe.core.audio.buffer import EMPTY_AUDIO, AudioBuffer
from processors.transcribe.core.audio.buffer_trimming import WindowLimits
from processors.transcribe.core.audio.vad import (
    INITIAL_VAD_STATE,
    NO_SPEECH,
    VadInput,
    VadOptions,
    VadSegments,
    VadState,
)
from processors.transcribe.core.audio.windows import Window
from processors.transcribe.core.policy.policy import HypothesisBuffer, Policy
from processors.transcribe.core.session.finals import AnswerMark
from processors.transcribe.core.session.live_check import LiveCheck
from processors.transcribe.core.session.log_records import RecordPosition
from schemas.audio import FRAME_MS
from schemas.counts import HourCount
from schemas.sessions import EndCause, QuestionsAsked, SessionStarted
from schemas.transcripts import Final
from schemas.wire import Notice
from schemas.words import Word


@dataclass(frozen=True)
class TranscriptionOptions:
    """What all sessions of a transcriber share."""

    model: str
    """The model's name in facts."""
    limits: WindowLimits
    policy: Callable[[HypothesisBuffer], Policy]
    """Makes a policy that continues from a buffer."""
    notice: Notice | None
    """Sent to every client at the start."""
    vad: VadOptions | None
    """None: all audio goes to the recogniser, silence included."""
    window_frames: int
    """New frames that make a window due."""
    busy_window_frames: int
    """New frames that a due window may wait for while the model is busy."""
    coalesce: bool
    """Whether frames that arrive while a window waits for its turn join it; if not, the same log makes the same
    windows, whatever the load."""


class TranscriptionPhase(Enum):
    RECEIVING = "receiving"
    """Records are accepted."""
    WINDOW_DUE = "window_due"
    """A window waits for its hypothesis. Records must wait, unless frames may join the window."""
    ENDED = "ended"
    """All words have been published."""


@dataclass(frozen=True)
class TranscriptionState:
    options: TranscriptionOptions
    started: SessionStarted
    last_record: RecordPosition
    """The session's last record, whatever its kind."""
    conn: str
    reply_to: int
    policy: Policy
    live_check: LiveCheck
    phase: TranscriptionPhase = TranscriptionPhase.RECEIVING
    audio: AudioBuffer = EMPTY_AUDIO
    frames: int = 0
    """Frames received, which is the number of the next one."""
    processed_frames: int = 0
    """Frames that a recogniser, or the detector as silence, has processed."""
    recognised_ms: int = 0
    """End of the audio that was last recognised."""
    vad_state: VadState = INITIAL_VAD_STATE
    """The detector's state before the frame in `pending_vad`."""
    speech: VadSegments = NO_SPEECH
    pending_vad: bytes | None = None
    """The newest frame, until the detector has processed it."""
    flush_ms: int | None = None
    """The utterance in the due window has ended; its words that begin before this time are confirmed with it."""
    questions: QuestionsAsked | None = None
    marks: tuple[AnswerMark, ...] = ()
    confirmed: tuple[Word, ...] = ()
    """The confirmed words that lie in the audio buffer."""
    finals: tuple[Final, ...] = ()
    hours: tuple[HourCount, ...] = ()
    published_live: bool = True
    """Whether the session was live according to the facts published last."""
    shows_partial: bool = False
    """Whether the client still shows unconfirmed words."""
    end_cause: EndCause | None = None
    """The log has ended, and why; a window that is due is the last one."""

    @property
    def vad_input(self) -> VadInput | None:
        """What the detector must process before the next record can be received."""
        if self.pending_vad is None:
            return None
        return VadInput(self.started.session_id, self.pending_vad, self.vad_state)

    @property
    def window(self) -> Window | None:
        """The window that is due, if one is."""
        if self.phase is not TranscriptionPhase.WINDOW_DUE:
            return None
        return Window(
            session_id=self.started.session_id,
            partition=self.last_record.partition,
            offset=self.last_record.offset,
            language=self.started.language,
            start=self.audio.start,
            pcm=self.audio.pcm,
            due_at_ms=self.last_record.timestamp_ms,
            prompt=" ".join(word.text for word in self.policy.buffer.recent if word.end_ms <= self.audio.start_ms),
            new_ms=(self.frames - self.processed_frames) * FRAME_MS,
        )
