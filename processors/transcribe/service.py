"""The transcriber's chain: sessions' logs in, facts and replies out."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.clock import Clock
from infra.telemetry import get_logger
from processors.transcribe import metrics
from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.session.idle import IdleWatch, OpenSession
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import AddressedReply, Output, RejectedRecord
from processors.transcribe.core.session.pending_commits import PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.core.session.utilisation import Utilisation
from processors.transcribe.inference import InferencePool, Recogniser
from processors.transcribe.ports import PartitionRecovery
from schemas.transcripts import SessionTranscribed, TranscriptFinal
from schemas.words import count_words

_LOG = get_logger(__name__)
_WAIT_MS = 200


@dataclass(frozen=True)
class RecordBatch:
    """What was read at once. `lost`: partitions that went to another transcriber since the last batch; `gained`: those
    that are ours now and not yet begun; one is in both if it was another's in between. `read_to`: the next offset of
    each that is begun. `ends_seen_ms`: of the partitions that are read to their ends, when that was seen, in Unix
    time."""

    records: tuple[SessionLogRecord, ...] = ()
    rejected: tuple[RejectedRecord, ...] = ()
    lost: frozenset[int] = frozenset()
    gained: frozenset[int] = frozenset()
    read_to: Mapping[int, int] = field(default_factory=dict)
    ends_seen_ms: Mapping[int, int] = field(default_factory=dict)


class SessionLogReader(Protocol):
    """The partitions of `audio.frames` that are this transcriber's share."""

    async def read(self, wait_ms: int, held: Set[int]) -> RecordBatch:
        """The next records, each once while its partition is ours; none of the partitions that are held back."""
        ...

    def begin(self, partition: int, offset: int) -> None:
        """Hand out the records of a gained partition from here on."""
        ...


class VoiceActivityDetector(Protocol):
    async def listen(self, pieces: Sequence[VadInput]) -> Sequence[VadOutput]:
        """One answer per piece, in order, without blocking the event loop."""
        ...


class ReplyPublisher(Protocol):
    def show(self, replies: Sequence[AddressedReply]) -> None:
        """Replies of the moment, to go out when they can and be forgotten if they cannot."""
        ...

    async def append_end(self, session: OpenSession) -> None:
        """End a session whose client is gone, by a record in its log."""
        ...


@dataclass(frozen=True)
class BufferLimits:
    """`frames`: the most of one session that the voice filter listens to in one turn, so that a recording that is sent
    fast holds nobody up. `backlog`: records of one partition that may wait in memory."""

    frames: int
    backlog: int


@dataclass(frozen=True)
class Publisher:
    """Where all that the streams say is written down, and what becomes of it."""

    ledger: PendingCommits
    committing: Checkpointer
    outbox: ReplyPublisher

    def tell(self, output: Output) -> None:
        """Replies of the moment go out; everything else is committed, each partition by itself, and told then."""
        self.outbox.show(self.ledger.note(output))
        self.committing.press()
        _count(output)


async def run(
    log: SessionLogReader,
    takeover: PartitionRecovery,
    voice: VoiceActivityDetector,
    recogniser: Recogniser,
    streams: SessionRegistry,
    desk: Publisher,
    watch: IdleWatch,
    clock: Clock,
    limits: BufferLimits,
    stopping: asyncio.Event,
) -> None:
    """Work until told to stop. Between two awaits, streams and ledger say the same: so a partition's commit, whenever
    it is taken, holds everything that came of the records before its position, and nothing of those after."""
    hearing, load, reading = InferencePool(recogniser, clock), Utilisation(), _Reading(log)
    turn_ms = clock.monotonic_ms()
    try:
        while not stopping.is_set():
            desk.committing.check()
            held = streams.crowded(limits.backlog) | desk.ledger.crowded(limits.backlog)
            is_busy = streams.restless or (hearing.free > 0 and streams.ready > 0)
            batch = await reading.next(0 if is_busy else _WAIT_MS, held, hearing.tasks)
            before_ms, turn_ms = turn_ms, clock.monotonic_ms()
            load = load.heard(turn_ms - round((turn_ms - before_ms) * hearing.share), turn_ms)
            streams.observe(turn_ms, load.heavy)
            for heard in hearing.finished():
                desk.tell(streams.settle(heard.windows, heard.hypotheses))
            if batch.lost or batch.gained:
                hearing.forget(batch.lost)
                await _change_hands(batch, log, takeover, streams, desk)
            desk.ledger.read(batch.read_to)
            desk.tell(Output(rejected=batch.rejected))
            desk.tell(streams.advance(batch.records))
            sessions = streams.open_sessions()
            for gone in watch.look(batch.ends_seen_ms, sessions):
                await desk.outbox.append_end(gone)
            await _listen(voice, streams, desk, limits.frames)
            while windows := streams.take_due(hearing.room(streams.ready), hearing.kind):
                hearing.begin(windows)

            metrics.SESSIONS_OPEN.set(len(sessions))
            metrics.RECORDS_WAITING.set(streams.waiting)
        for heard in await hearing.last():
            desk.tell(streams.settle(heard.windows, heard.hypotheses))
        await desk.committing.leave()
    finally:
        await reading.close()
        await hearing.close()


class _Reading:
    """Reads the log while windows are heard: one read at a time, which goes on while a turn is taken without it."""

    def __init__(self, log: SessionLogReader) -> None:
        self._log = log
        self._waits = False
        self._read: asyncio.Task[RecordBatch] | None = None

    async def next(self, wait_ms: int, held: Set[int], others: Set[asyncio.Task[Any]]) -> RecordBatch:
        """What is read next, or an empty batch as soon as one of the others is done, or if there is no time to wait."""
        if self._read is None:
            self._waits = wait_ms > 0
            self._read = asyncio.create_task(self._log.read(wait_ms, held))
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


async def _change_hands(
    batch: RecordBatch, log: SessionLogReader, takeover: PartitionRecovery, streams: SessionRegistry, desk: Publisher
) -> None:
    """Let go of what is another's, and take over what is ours."""
    await desk.committing.abandon(batch.lost)
    streams.forget(batch.lost)
    desk.ledger.close(batch.lost)
    if not batch.gained:
        return
    for inherited in await takeover.take_over(batch.gained):
        desk.ledger.open(inherited.partition, inherited.position, inherited.facts_to)
        again = streams.restore(inherited.recoveries)
        desk.committing.open(inherited.partition, inherited.writer)
        desk.tell(again)
        log.begin(inherited.partition, inherited.position)
        _LOG.info("partition taken over", partition=inherited.partition, sessions=len(inherited.recoveries))


async def _listen(voice: VoiceActivityDetector, streams: SessionRegistry, desk: Publisher, most: int) -> None:
    """Each session's frames one after the other, those of all sessions together, until what is due is known."""
    for left in reversed(range(most)):
        pieces = streams.unlistened()
        if not pieces:
            return
        heard = await voice.listen(pieces)
        desk.tell(streams.listened(pieces, heard, go_on=left > 0))


def _count(output: Output) -> None:
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
