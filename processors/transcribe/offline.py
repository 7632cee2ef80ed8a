"""Sessions transcribed outside the service: records of their logs in, their transcripts out, through the same core,
voice activity detector and inference pool, and batched as in production, but with nothing read from or written to
Kafka. Replays and benchmarks use it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from infra.clock import Clock
from processors.transcribe.core.session.log_records import FrameRecord, RecordBody, SessionLogRecord, StartRecord
from processors.transcribe.core.session.output import Output
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.core.session.state import TranscriptionOptions
from processors.transcribe.inference import CompletedBatch, InferencePool
from processors.transcribe.ports import Recogniser, VoiceActivityDetector
from schemas.audio import FRAME_BYTES, FRAME_MS
from schemas.sessions import EndCause, SessionEnded, SessionStarted
from schemas.transcripts import Final, SessionTranscribed
from schemas.wire import FinalMessage
from schemas.words import Word


@dataclass(frozen=True)
class OfflineTranscript:
    """A session once it has ended. Both delays have one entry per word, in milliseconds."""

    transcribed: SessionTranscribed
    delays_ms: tuple[float, ...]
    """From a word's end to the end of the audio with which it became final."""
    delays_with_inference_ms: tuple[float, ...]
    """The same, and the time that the recogniser took for the last of that audio."""
    inference_ms: float
    """The recogniser's time. A batch's time is shared equally by its windows."""
    windows: int
    longest_window_ms: int


@dataclass
class _Tally:
    finals: list[tuple[tuple[Word, ...], int, int]] = field(default_factory=list)
    """Each final's words, the audio that had been processed by then, and the recogniser's time for the last of it."""
    inference_ms: float = 0
    windows: int = 0
    longest_window_ms: int = 0


class OfflineTranscriber:
    """Takes records as they are in the log and returns each session once it has ended. Windows never coalesce: what a
    live transcriber did under load would not happen again, and the same log gives the same windows."""

    def __init__(
        self, options: TranscriptionOptions, vad: VoiceActivityDetector, recogniser: Recogniser, clock: Clock
    ) -> None:
        self._sessions = SessionRegistry(replace(options, coalesce=False))
        self._vad = vad
        self._pool = InferencePool(recogniser, clock)
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
        self.windows_recognised = 0
        """Of all sessions, to show progress by."""

    async def feed(self, records: Iterable[SessionLogRecord]) -> list[OfflineTranscript]:
        """Process these records completely; returns the sessions that have ended with them."""
        ended = self._note(self._sessions.advance(records))
        scheduler = self._sessions.scheduler
        while self._sessions.has_work or self._pool.tasks:
            while inputs := self._sessions.pending_vad():
                outputs = await self._vad.detect(inputs)
                ended += self._note(self._sessions.apply_vad(inputs, outputs, go_on=True))
            while windows := scheduler.next_batch(self._pool.batch_size(scheduler.ready), self._pool.batch_key):
                self._pool.submit(windows)
            if self._pool.tasks:
                await asyncio.wait(self._pool.tasks, return_when=asyncio.FIRST_COMPLETED)
            for batch in self._pool.completed():
                ended += self._note_batch(batch)
            ended += self._note(self._sessions.advance(()))
        return ended

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Sessions that have begun, and whose log has no end yet."""
        return tuple(session.session_id for session in self._sessions.open_sessions())

    def _note_batch(self, batch: CompletedBatch) -> list[OfflineTranscript]:
        self.windows_recognised += len(batch.windows)
        for window in batch.windows:
            tally = self._tallies[window.session_id]
            tally.inference_ms += batch.took_ms / len(batch.windows)
            tally.windows += 1
            tally.longest_window_ms = max(tally.longest_window_ms, window.end_ms - window.start_ms)
        return self._note(self._sessions.apply_hypotheses(batch.windows, batch.hypotheses), batch.took_ms)

    def _note(self, output: Output, took_ms: int = 0) -> list[OfflineTranscript]:
        for addressed in output.replies:
            reply = addressed.reply
            if isinstance(reply.message, FinalMessage):
                processed_ms = (reply.heard_frames or 0) * FRAME_MS
                self._tallies[reply.session_id].finals.append((reply.message.words, processed_ms, took_ms))
        return [
            _transcript(fact.event, self._tallies.pop(fact.event.session_id, _Tally()))
            for fact in output.facts
            if isinstance(fact.event, SessionTranscribed)
        ]


def _transcript(transcribed: SessionTranscribed, tally: _Tally) -> OfflineTranscript:
    delays = [
        # A session's last frame may be shorter than a frame.
        (min(processed_ms, transcribed.audio_ms) - word.end_ms, took_ms)
        for words, processed_ms, took_ms in tally.finals
        for word in words
    ]
    return OfflineTranscript(
        transcribed,
        delays_ms=tuple(float(delay) for delay, _ in delays),
        delays_with_inference_ms=tuple(float(delay + took) for delay, took in delays),
        inference_ms=tally.inference_ms,
        windows=tally.windows,
        longest_window_ms=tally.longest_window_ms,
    )


def finals_of(transcribed: SessionTranscribed) -> tuple[Final, ...]:
    """All finals of a session, in their order."""
    finals = [final for answer in transcribed.answers for final in answer.finals]
    return tuple(sorted(finals, key=lambda final: final.number))


def session_log(pcm: bytes, session_id: str, language: str = "en") -> Iterator[SessionLogRecord]:
    """The records of a session in which this audio (16 kHz mono PCM, 16 bit) is spoken in real time."""
    started = SessionStarted(
        event_id="start",
        at_ms=0,
        session_id=session_id,
        user_id="offline",
        display_name="offline",
        org="",
        groups=(),
        mode="practice",
        competition=None,
        language=language,
        topic=None,
        question_count=0,
    )
    frames = (FrameRecord(seq, pcm[at : at + FRAME_BYTES]) for seq, at in enumerate(range(0, len(pcm), FRAME_BYTES)))
    ended = SessionEnded(event_id="end", at_ms=0, session_id=session_id, cause=EndCause.CLIENT)
    bodies: list[RecordBody] = [StartRecord(started, "offline", 0), *frames, ended]
    for offset, body in enumerate(bodies):
        yield SessionLogRecord(session_id, 0, offset, offset * FRAME_MS, body)
