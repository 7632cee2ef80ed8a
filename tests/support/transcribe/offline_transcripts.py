"""Sessions transcribed offline, by a recogniser that takes its time on a clock of its own."""

from collections.abc import Sequence

from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.offline import OfflineTranscriber, OfflineTranscript
from schemas.words import Word
from tests.support.transcribe.core_values import OPTIONS, SILENT_FRAME, Script, TruthfulRecogniser, words
from tests.support.transcribe.session_records import session_ended

INFERENCE_MS = 40
SAID = words("one two three four five six seven eight")


class InferenceClock:
    """Advances only while the recogniser works."""

    ms = 0

    def now_ms(self) -> int:
        return self.ms

    def monotonic_ms(self) -> int:
        return self.ms


class SlowRecogniser:
    """Recognises what is said, and takes its time. Keeps its batches."""

    workers = 1
    max_batch_size = 2

    def __init__(self, clock: InferenceClock, said: Sequence[Word]) -> None:
        self.batches: list[list[str]] = []
        self._clock = clock
        self._recogniser = TruthfulRecogniser(said)

    def batch_key(self, window: Window) -> str:
        return window.language

    async def recognise(self, batch: Sequence[Window]) -> list[Hypothesis]:
        self._clock.ms += INFERENCE_MS
        self.batches.append([window.session_id for window in batch])
        return [self._recogniser.recognise(window) for window in batch]


class NoVad:
    async def detect(self, inputs: Sequence[VadInput]) -> Sequence[VadOutput]:
        raise AssertionError(f"voice activity detection is off in these sessions, but got {inputs}")


def offline_transcriber(said: Sequence[Word] = SAID) -> tuple[OfflineTranscriber, SlowRecogniser]:
    clock = InferenceClock()
    recogniser = SlowRecogniser(clock, said)
    return OfflineTranscriber(OPTIONS, NoVad(), recogniser, clock), recogniser


def spoken_log(session_id: str, frames: int, *, ends: bool = True, partition: int = 0) -> list[SessionLogRecord]:
    """Its last frame is shorter than the others."""
    script = Script(session_id, partition)
    records = [script.start(), *(script.frame() for _ in range(frames - 1)), script.frame(SILENT_FRAME[:3200])]
    return [*records, script.record(session_ended(session_id))] if ends else records


async def transcribed_offline(said: Sequence[Word] = SAID, session_id: str = "s-1") -> OfflineTranscript:
    transcriber, _ = offline_transcriber(said)
    (transcript,) = await transcriber.feed(spoken_log(session_id, 12))
    return transcript
