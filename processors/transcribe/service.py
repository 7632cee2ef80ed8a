"""The transcriber's chain: sessions' logs in, facts and replies out."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from infra.clock import Clock
from infra.telemetry import get_logger
from processors.transcribe import metrics
from processors.transcribe.core.idle import IdleWatch, OpenSession
from processors.transcribe.core.output import Output, Rejected
from processors.transcribe.core.records import LogRecord
from processors.transcribe.core.streams import Streams
from processors.transcribe.core.voice import Listened, Piece
from processors.transcribe.core.windows import Hypothesis, Window
from schemas.transcripts import SessionTranscribed, TranscriptFinal
from schemas.words import count_words

_LOG = get_logger(__name__)
_WAIT_MS = 200


@dataclass(frozen=True)
class Batch:
    """What was read at once. `lost`: partitions that went to another transcriber since the last batch. `read_to`: the
    next offset of each partition that is ours."""

    records: tuple[LogRecord, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    lost: frozenset[int] = frozenset()
    read_to: Mapping[int, int] = field(default_factory=dict)


class SessionLog(Protocol):
    """The partitions of `audio.frames` that are this transcriber's share."""

    async def read(self, wait_ms: int, held: Set[int]) -> Batch:
        """The next records, each once while its partition is ours; none of the partitions that are held back."""
        ...

    def caught_up(self) -> frozenset[int]:
        """Partitions that could be read to their ends just now."""
        ...

    async def commit(self, positions: Mapping[int, int]) -> None:
        """Where a successor shall begin. May fail without harm: it is said again."""
        ...


class VoiceFilter(Protocol):
    async def listen(self, pieces: Sequence[Piece]) -> Sequence[Listened]:
        """One answer per piece, in order, without blocking the event loop."""
        ...


class Recogniser(Protocol):
    async def transcribe(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        """One hypothesis per window, in order, without blocking the event loop."""
        ...


class Outbox(Protocol):
    async def publish(self, output: Output) -> None:
        """Returns once Kafka holds the facts and after them the replies."""
        ...

    async def append_end(self, session: OpenSession) -> None:
        """End a session whose client is gone, by a record in its log."""
        ...


@dataclass(frozen=True)
class Limits:
    """`windows`: the most that are heard in one round. `frames`: the most of one session that the voice filter listens
    to in one round, so that a recording that is sent fast holds nobody up. `backlog`: records of one partition that
    may wait in memory."""

    windows: int
    frames: int
    backlog: int


async def run(
    log: SessionLog,
    voice: VoiceFilter,
    recogniser: Recogniser,
    outbox: Outbox,
    streams: Streams,
    watch: IdleWatch,
    clock: Clock,
    limits: Limits,
    stopping: asyncio.Event,
) -> None:
    """Work until told to stop. An offset is committed only after everything that came of the records before it is
    held by Kafka, so whoever takes over finds nothing missing."""
    while not stopping.is_set():
        batch = await log.read(0 if streams.busy else _WAIT_MS, streams.crowded(limits.backlog))
        streams.forget(batch.lost)
        await _tell(outbox, Output(rejected=batch.rejected))
        await _tell(outbox, streams.advance(batch.records))
        await _listen(voice, streams, outbox, limits.frames)

        windows = streams.due(limits.windows)
        hypotheses = await _hear(recogniser, windows, clock)
        await _tell(outbox, streams.settle(windows, hypotheses))

        sessions = streams.open_sessions()
        for gone in watch.tick(clock.monotonic_ms(), log.caught_up(), sessions):
            await outbox.append_end(gone)
        await log.commit(streams.positions(batch.read_to))
        metrics.SESSIONS_OPEN.set(len(sessions))
        metrics.RECORDS_WAITING.set(streams.waiting)


async def _listen(voice: VoiceFilter, streams: Streams, outbox: Outbox, most: int) -> None:
    """Each session's frames one after the other, those of all sessions together, until what is due is known."""
    for left in reversed(range(most)):
        pieces = streams.unlistened()
        if not pieces:
            return
        heard = await voice.listen(pieces)
        await _tell(outbox, streams.listened(pieces, heard, go_on=left > 0))


async def _hear(recogniser: Recogniser, windows: Sequence[Window], clock: Clock) -> Sequence[Hypothesis]:
    if not windows:
        return ()
    begun_ms = clock.monotonic_ms()
    hypotheses = await recogniser.transcribe(windows)
    took_s = (clock.monotonic_ms() - begun_ms) / 1000
    metrics.MODEL_SECONDS.inc(took_s)
    # Each window brings a second of new audio, the last one of a session less.
    metrics.REAL_TIME_FACTOR.observe(took_s / len(windows))
    for window, hypothesis in zip(windows, hypotheses, strict=True):
        metrics.AUDIO_SECONDS.inc((window.end_ms - window.start_ms) / 1000)
        metrics.WINDOWS.labels("failed" if hypothesis.failed else "heard").inc()
    return hypotheses


async def _tell(outbox: Outbox, output: Output) -> None:
    if output.rejected or output.facts or output.replies:
        await outbox.publish(output)
    metrics.RECORDS_REJECTED.inc(len(output.rejected))
    for reason in output.dropped:
        metrics.RECORDS_DROPPED.labels(reason.value).inc()
    for fact in output.facts:
        match fact.event:
            case TranscriptFinal(final=final):
                metrics.FINALS.inc()
                metrics.WORDS.inc(count_words(final.text))
            case SessionTranscribed() as ended:
                metrics.SESSIONS_ENDED.labels(ended.ended_by.value).inc()
                _LOG.info(
                    "session transcribed",
                    session_id=ended.session_id,
                    cause=ended.ended_by.value,
                    audio_ms=ended.audio_ms,
                    words=ended.words,
                    finals=ended.finals,
                )
