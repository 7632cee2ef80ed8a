"""A transcriber inside the test's own process, with the real log, transactions and replies, and a recogniser that
answers at once and always the same. It can be made to die in the middle of what it does."""

import asyncio
from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import replace

from infra.clock import SystemClock
from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters.kafka_consumer import KafkaSessionLogReader
from processors.transcribe.adapters.kafka_dead_letters import KafkaDeadLetterPublisher
from processors.transcribe.adapters.kafka_replies import KafkaReplyPublisher
from processors.transcribe.adapters.kafka_session_ender import KafkaSessionEnder
from processors.transcribe.adapters.partition_recovery import KafkaPartitionRecovery
from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.idle_sessions import IdleWatch
from processors.transcribe.core.session.pending_commits import Commit, PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.ports import PartitionRecovery, PartitionWriter, RecoveredPartition
from processors.transcribe.service import BufferLimits, Publisher, run
from tests.support.transcribe.core_values import OPTIONS
from tests.support.transcribe.simulated_partition import detected_in, recognised_in
from tests.support.waiting import DEADLINE_S


class SteadyRecogniser:
    """Recogniser and voice activity detector in one."""

    workers = 1
    max_batch_size = 8

    def batch_key(self, window: Window) -> str:
        return window.language

    async def recognise(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        return [recognised_in(window) for window in batch]

    async def detect(self, inputs: Sequence[VadInput]) -> Sequence[VadOutput]:
        return [detected_in(each) for each in inputs]


class Died(Exception):
    """The process is no more."""


class DyingWriter:
    """A partition's writer whose process dies before, in the middle of, or after its first commit with facts."""

    def __init__(self, writer: PartitionWriter, when: str) -> None:
        self._writer = writer
        self._when = when

    async def commit(self, commit: Commit, transcripts_end: int) -> int:
        if not commit.facts:
            return await self._writer.commit(commit, transcripts_end)
        if self._when == "in the middle":
            await self._writer._producer.begin_transaction()  # type: ignore[attr-defined]  # killed there
            for fact in commit.facts:
                await (await self._writer._send_fact(fact))  # type: ignore[attr-defined]  # as above
        if self._when == "after":
            await self._writer.commit(commit, transcripts_end)
        raise Died

    async def close(self) -> None:
        # A killed process neither commits nor aborts what it has begun.
        producer = self._writer._producer  # type: ignore[attr-defined]  # as above
        producer._closed = True
        await producer._sender.close()
        await producer.client.close()


class DyingRecovery:
    """Gives every partition a dying writer."""

    def __init__(self, recovery: PartitionRecovery, when: str) -> None:
        self._recovery = recovery
        self._when = when

    async def recover(self, partitions: Set[int]) -> Sequence[RecoveredPartition]:
        recovered = await self._recovery.recover(partitions)
        return [replace(each, writer=DyingWriter(each.writer, self._when)) for each in recovered]


async def transcribe(
    kafka: KafkaSettings, stopping: asyncio.Event, *, dies: str = "", instance: str = "", grace_ms: int = 60_000
) -> None:
    """Work until stopped, or dead. `dies`: `before`, `in the middle` or `after` the first commit with facts."""
    clock, sessions, recogniser = SystemClock(), SessionRegistry(OPTIONS), SteadyRecogniser()
    log = KafkaSessionLogReader(kafka, instance)
    producer = make_producer(kafka)
    replies = KafkaReplyPublisher(producer, kafka)
    pending = PendingCommits(sessions)
    checkpointer = Checkpointer(pending, replies, KafkaDeadLetterPublisher(producer, kafka), clock)
    recovery: PartitionRecovery = KafkaPartitionRecovery(kafka)
    await producer.start()
    best_effort = asyncio.create_task(replies.run())
    try:
        await log.start()
        await run(
            log=log,
            recovery=DyingRecovery(recovery, dies) if dies else recovery,
            vad=recogniser,
            recogniser=recogniser,
            sessions=sessions,
            publisher=Publisher(pending, checkpointer, replies),
            session_ender=KafkaSessionEnder(producer, kafka, clock),
            idle_watch=IdleWatch(grace_ms),
            clock=clock,
            limits=BufferLimits(vad_frames=40, records=1000),
            stopping=stopping,
        )
    finally:
        await checkpointer.close()
        best_effort.cancel()
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
