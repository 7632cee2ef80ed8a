"""A transcriber inside the test's own process, with the real log, transactions and replies, and a recogniser that
hears at once and always the same. It can be made to die in the middle of what it does."""

import asyncio
from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import replace

from infra.clock import SystemClock
from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters.kafka_consumer import KafkaSessionLogReader
from processors.transcribe.adapters.kafka_replies import KafkaReplyPublisher
from processors.transcribe.adapters.partition_recovery import KafkaPartitionRecovery
from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.idle import IdleWatch
from processors.transcribe.core.session.pending_commits import Commit, PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.ports import PartitionRecovery, PartitionWriter, RecoveredPartition
from processors.transcribe.service import BufferLimits, Publisher, run
from tests.support.transcribe.core_values import OPTIONS
from tests.support.transcribe.simulated_partition import heard_in, listened_to
from tests.support.waiting import DEADLINE_S


class SteadyRecogniser:
    workers = 1
    batch_windows = 8

    def kind(self, window: Window) -> str:
        return window.language

    async def hear(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        return [heard_in(window) for window in batch]

    async def listen(self, pieces: Sequence[VadInput]) -> Sequence[VadOutput]:
        return [listened_to(piece) for piece in pieces]


class Died(Exception):
    """The process is no more."""


class DyingWriter:
    """A partition's writer whose process dies before, in the middle of, or after its first commit with facts."""

    def __init__(self, writer: PartitionWriter, when: str) -> None:
        self._writer = writer
        self._when = when

    async def commit(self, commit: Commit, facts_to: int) -> int:
        if not commit.facts:
            return await self._writer.commit(commit, facts_to)
        if self._when == "in the middle":
            await self._writer._producer.begin_transaction()  # type: ignore[attr-defined]  # killed there
            for fact in commit.facts:
                await (await self._writer._send_fact(fact))  # type: ignore[attr-defined]  # as above
        if self._when == "after":
            await self._writer.commit(commit, facts_to)
        raise Died

    async def close(self) -> None:
        # A killed process neither commits nor aborts what it has begun.
        producer = self._writer._producer  # type: ignore[attr-defined]  # as above
        producer._closed = True
        await producer._sender.close()
        await producer.client.close()


class DyingTakeover:
    """Gives every partition a dying writer."""

    def __init__(self, takeover: PartitionRecovery, when: str) -> None:
        self._takeover = takeover
        self._when = when

    async def take_over(self, partitions: Set[int]) -> Sequence[RecoveredPartition]:
        inherited = await self._takeover.take_over(partitions)
        return [replace(each, writer=DyingWriter(each.writer, self._when)) for each in inherited]


async def transcribe(
    kafka: KafkaSettings, stopping: asyncio.Event, *, dies: str = "", instance: str = "", grace_ms: int = 60_000
) -> None:
    """Work until told to stop, or dead. `dies`: `before`, `in the middle` or `after` the first commit with facts."""
    clock, streams, ears = SystemClock(), SessionRegistry(OPTIONS), SteadyRecogniser()
    log = KafkaSessionLogReader(kafka, instance)
    producer = make_producer(kafka)
    outbox = KafkaReplyPublisher(producer, kafka, clock)
    ledger = PendingCommits(streams)
    committing = Checkpointer(ledger, outbox, clock)
    takeover: PartitionRecovery = KafkaPartitionRecovery(kafka)
    await producer.start()
    showing = asyncio.create_task(outbox.keep_showing())
    try:
        await log.start()
        await run(
            log=log,
            takeover=DyingTakeover(takeover, dies) if dies else takeover,
            voice=ears,
            recogniser=ears,
            streams=streams,
            desk=Publisher(ledger, committing, outbox),
            watch=IdleWatch(grace_ms),
            clock=clock,
            limits=BufferLimits(frames=40, backlog=1000),
            stopping=stopping,
        )
    finally:
        await committing.close()
        showing.cancel()
        await log.stop()
        await producer.stop()


@asynccontextmanager
async def working(kafka: KafkaSettings, **options: str) -> AsyncIterator[asyncio.Task[None]]:
    """A transcriber while the block runs; stopped as SIGTERM would at its end."""
    stopping = asyncio.Event()
    work = asyncio.create_task(transcribe(kafka, stopping, **options))  # type: ignore[arg-type]  # all that are used so
    try:
        yield work
    finally:
        stopping.set()
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.wait([work])
    await work
