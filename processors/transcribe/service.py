"""The transcriber's chain: sessions' logs in, facts and replies out."""

import asyncio
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from infra.clock import Clock
from infra.telemetry import get_logger
from processors.transcribe import metrics
from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.session.idle_sessions import IdleWatch
from processors.transcribe.core.session.output import Output
from processors.transcribe.core.session.pending_commits import PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.core.session.utilisation import Utilisation
from processors.transcribe.inference import InferencePool
from processors.transcribe.ports import (
    PartitionRecovery,
    Recogniser,
    RecordBatch,
    ReplyPublisher,
    SessionEnder,
    SessionLogReader,
    VoiceActivityDetector,
)
from schemas.transcripts import SessionTranscribed, TranscriptFinal
from schemas.words import count_words

_LOG = get_logger(__name__)
_WAIT_MS = 200


@dataclass(frozen=True)
class BufferLimits:
    vad_frames: int
    """The most frames of one session that are given to the detector in one turn, so that a recording sent fast does not
    delay the other sessions."""
    records: int
    """Records of one partition that may be buffered before its reading is paused."""


@dataclass(frozen=True)
class Publisher:
    """Where the sessions' output goes."""

    pending: PendingCommits
    checkpointer: Checkpointer
    replies: ReplyPublisher

    def publish(self, output: Output) -> None:
        """Transient replies are sent at once; everything else is committed, each partition on its own, and the other
        replies are sent after that."""
        self.replies.send_best_effort(self.pending.add(output))
        self.checkpointer.request()
        _count(output)


async def run(
    log: SessionLogReader,
    recovery: PartitionRecovery,
    vad: VoiceActivityDetector,
    recogniser: Recogniser,
    sessions: SessionRegistry,
    publisher: Publisher,
    session_ender: SessionEnder,
    idle_watch: IdleWatch,
    clock: Clock,
    limits: BufferLimits,
    stopping: asyncio.Event,
) -> None:
    """Work until stopped. Between two awaits, sessions and pending commits agree: a partition's commit, whenever it is
    taken, contains everything that came of the records before its offset, and nothing of those after."""
    pool, scheduler = InferencePool(recogniser, clock), sessions.scheduler
    reader, utilisation = _BackgroundReader(log), Utilisation()
    turn_ms = clock.monotonic_ms()
    try:
        while not stopping.is_set():
            publisher.checkpointer.check()
            paused = sessions.backlogged(limits.records) | publisher.pending.backlogged(limits.records)
            is_busy = sessions.has_records_or_frames or (pool.idle_workers > 0 and scheduler.ready > 0)
            batch = await reader.next(0 if is_busy else _WAIT_MS, paused, pool.tasks)
            before_ms, turn_ms = turn_ms, clock.monotonic_ms()
            utilisation = utilisation.update(turn_ms - round((turn_ms - before_ms) * pool.utilisation), turn_ms)
            scheduler.observe(turn_ms, utilisation.saturated)
            for done in pool.completed():
                publisher.publish(sessions.apply_hypotheses(done.windows, done.hypotheses))
            if batch.revoked or batch.assigned:
                pool.revoke(batch.revoked)
                await _rebalance(batch, log, recovery, sessions, publisher)
            publisher.pending.advance(batch.next_offsets)
            publisher.publish(Output(dead_letters=batch.dead_letters))
            publisher.publish(sessions.advance(batch.records))
            open_sessions = sessions.open_sessions()
            for expired in idle_watch.expired(batch.ends_seen_ms, open_sessions):
                await session_ender.end(expired)
            await _detect_speech(vad, sessions, publisher, limits.vad_frames)
            while windows := scheduler.next_batch(pool.batch_size(scheduler.ready), pool.batch_key):
                pool.submit(windows)

            metrics.OPEN_SESSIONS.set(len(open_sessions))
            metrics.BUFFERED_RECORDS.set(sessions.buffered)
        for done in await pool.drain():
            publisher.publish(sessions.apply_hypotheses(done.windows, done.hypotheses))
        await publisher.checkpointer.drain()
    finally:
        await reader.close()
        await pool.close()


class _BackgroundReader:
    """Reads the log while windows are being recognised: one read at a time, which continues while turns pass without
    it."""

    def __init__(self, log: SessionLogReader) -> None:
        self._log = log
        self._waits = False
        self._read: asyncio.Task[RecordBatch] | None = None

    async def next(self, wait_ms: int, paused: Set[int], others: Set[asyncio.Task[Any]]) -> RecordBatch:
        """The next batch, or an empty one as soon as one of the other tasks is done or there is no time to wait."""
        if self._read is None:
            self._waits = wait_ms > 0
            self._read = asyncio.create_task(self._log.read(wait_ms, paused))
        timeout = 0 if self._waits and wait_ms == 0 else None
        await asyncio.wait({self._read, *others}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if not self._read.done():
            return RecordBatch()
        batch = self._read.result()
        self._read = None
        return batch

    async def close(self) -> None:
        if self._read is not None:
            self._read.cancel()
            await asyncio.wait([self._read])


async def _rebalance(
    batch: RecordBatch,
    log: SessionLogReader,
    recovery: PartitionRecovery,
    sessions: SessionRegistry,
    publisher: Publisher,
) -> None:
    """Release the revoked partitions, and recover the assigned ones."""
    await publisher.checkpointer.revoke(batch.revoked)
    sessions.remove_partitions(batch.revoked)
    publisher.pending.close(batch.revoked)
    if not batch.assigned:
        return
    for recovered in await recovery.recover(batch.assigned):
        publisher.pending.open(recovered.partition, recovered.offset, recovered.transcripts_end)
        redelivery = sessions.restore(recovered.sessions)
        publisher.checkpointer.open(recovered.partition, recovered.writer)
        publisher.publish(redelivery)
        log.seek(recovered.partition, recovered.offset)
        _LOG.info("partition recovered", partition=recovered.partition, sessions=len(recovered.sessions))


async def _detect_speech(
    vad: VoiceActivityDetector, sessions: SessionRegistry, publisher: Publisher, most: int
) -> None:
    """Each session's frames one after the other, those of all sessions together, until it is known what is due."""
    for left in reversed(range(most)):
        inputs = sessions.pending_vad()
        if not inputs:
            return
        outputs = await vad.detect(inputs)
        publisher.publish(sessions.apply_vad(inputs, outputs, go_on=left > 0))


def _count(output: Output) -> None:
    metrics.DEAD_LETTERS.inc(len(output.dead_letters))
    for reason in output.ignored:
        metrics.RECORDS_IGNORED.labels(reason.value).inc()
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
