"""Values for tests of the transcriber's core: words, records, states, and recognisers that find what the test says."""

from collections.abc import Iterable, Sequence
from functools import partial

from processors.transcribe.core.audio.buffer_trimming import WindowLimits
from processors.transcribe.core.audio.vad import VadOptions
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.policy.local_agreement import LocalAgreement
from processors.transcribe.core.session import transitions
from processors.transcribe.core.session.log_records import (
    FrameRecord,
    RecordBody,
    ResumeRecord,
    SessionLogRecord,
    StartRecord,
)
from processors.transcribe.core.session.output import Output, joined
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionState
from processors.transcribe.options import vad_options
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_BYTES, FRAME_MS
from schemas.words import Word
from tests.support.transcribe.session_records import START_MS, connection_resumed, session_started

LIMITS = WindowLimits(longest_ms=10_000, trim_ms=5_000, step_ms=1_000)
LOCAL_AGREEMENT_2 = partial(LocalAgreement, 2)
VAD_OPTIONS: VadOptions = vad_options(TranscribeSettings())
OPTIONS = TranscriptionOptions(
    model="test-model",
    limits=LIMITS,
    policy=LOCAL_AGREEMENT_2,
    notice=None,
    vad=None,
    window_frames=4,
    busy_window_frames=4,
    coalesce=False,
)
SILENT_FRAME = bytes(FRAME_BYTES)


def word(text: str, start_ms: int, end_ms: int, probability: float = 0.9) -> Word:
    return Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=probability)


def words(text: str, start_ms: int = 0, each_ms: int = 300) -> tuple[Word, ...]:
    """The words of a text, evenly spaced and without pauses."""
    return tuple(
        word(each, start_ms + at * each_ms, start_ms + (at + 1) * each_ms) for at, each in enumerate(text.split())
    )


def text_of(words: Iterable[Word]) -> str:
    return " ".join(each.text for each in words)


class Script:
    """Makes the records of one session's log, at consecutive offsets, spoken in real time."""

    def __init__(self, session_id: str = "s-1", partition: int = 0, first_offset: int = 0) -> None:
        self.session_id = session_id
        self.partition = partition
        self.offset = first_offset
        self.frames = 0

    def record(self, body: RecordBody, at_ms: int | None = None, conn: str = "") -> SessionLogRecord:
        timestamp_ms = START_MS + self.frames * FRAME_MS if at_ms is None else at_ms
        record = SessionLogRecord(self.session_id, self.partition, self.offset, timestamp_ms, body, conn)
        self.offset += 1
        return record

    def start(self, **changes: object) -> SessionLogRecord:
        return self.record(StartRecord(session_started(self.session_id, **changes), "conn-1", 3))

    def frame(self, pcm: bytes = SILENT_FRAME, at_ms: int | None = None) -> SessionLogRecord:
        frame = FrameRecord(self.frames, pcm)
        self.frames += 1
        return self.record(frame, at_ms)


def started(
    script: Script, options: TranscriptionOptions = OPTIONS, **changes: object
) -> tuple[TranscriptionState, Output]:
    record = script.start(**changes)
    if not isinstance(record.body, StartRecord):
        raise TypeError("a script starts with a start")
    return transitions.start(options, record, record.body)


def resume(conn: str, have_final: int = 0, from_frame: int = 0, reply_to: int = 3) -> ResumeRecord:
    return ResumeRecord(connection_resumed("s-1", have_final, from_frame), conn, reply_to)


def any_batch(_: Window) -> int:
    """A batch key with which all windows may share a batch."""
    return 0


class TruthfulRecogniser:
    """Recognises exactly the words that lie in a window; keeps the windows it was given."""

    def __init__(self, said: Sequence[Word]) -> None:
        self.said = said
        self.windows: list[Window] = []

    def recognise(self, window: Window) -> Hypothesis:
        self.windows.append(window)
        return Hypothesis(
            tuple(
                word(each.text, each.start_ms - window.start_ms, each.end_ms - window.start_ms, each.probability)
                for each in self.said
                if each.start_ms >= window.start_ms and each.end_ms <= window.end_ms
            )
        )


def play(
    state: TranscriptionState, records: Iterable[SessionLogRecord], recogniser: TruthfulRecogniser
) -> tuple[TranscriptionState, Output]:
    """All records through one session, each window recognised as soon as it is due."""
    outputs = []
    for record in records:
        state, output = transitions.receive(state, record)
        outputs.append(output)
        window = state.window
        if window is not None:
            state, output = transitions.apply_hypothesis(state, window, recogniser.recognise(window))
            outputs.append(output)
    return state, joined(outputs)
