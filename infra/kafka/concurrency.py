"""Several messages in hand at once, and offsets committed only as far as all of them are done with."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from infra.kafka.metrics import IN_HAND
from infra.kafka.offset_tracker import Progress
from infra.telemetry import get_logger

Deliver = Callable[[ConsumerRecord], Awaitable[bool]]
"""Takes a record to its end; False if it must stay where it is for a successor."""


class Committer(Protocol):
    """What is needed of an aiokafka consumer. Raises KafkaError."""

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None: ...


class Hands(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is published without types
    """The messages of one topic that a process works on. `broken` ends with the first fault after which nothing may be
    committed any more."""

    def __init__(self, deliver: Deliver, topic: str, count: int, stopping: asyncio.Event) -> None:
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deliver = deliver
        self._topic = topic
        self._free = asyncio.Semaphore(count)
        self._stopping = stopping
        self._progress = Progress()
        self._tasks: set[asyncio.Task[None]] = set()
        self._consumer: Committer | None = None
        self._committing = asyncio.Lock()

    async def take(self, record: ConsumerRecord, consumer: Committer) -> None:
        """Returns once somebody works on the message; waits while all hands are full."""
        await self._free.acquire()
        self._consumer = consumer
        # Checked after the wait: a stage that stops leaves what it has not begun to its successor.
        if self._halted or not self._progress.take(record.partition, record.offset):
            self._free.release()
            return
        task = asyncio.create_task(self._work(record))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, within_s: float) -> None:
        """Once stopping or broken: wait for what is in hand, and cut off what is not done in time or, if something
        broke, at once. It is not committed, so the successor takes it again."""
        if self._tasks and not self.broken.done():
            await asyncio.wait(self._tasks, timeout=within_s)
        rest = tuple(self._tasks)
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka's signature
        """Whoever takes a partition over should not repeat what is done."""
        await self._commit_or_break()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Names all partitions that this member has from now on. Those it had before are read again from the committed
        offset on; what is in hand or done of them is known and passed over."""
        self._progress.keep_only(place.partition for place in assigned)

    @property
    def _halted(self) -> bool:
        return self._stopping.is_set() or self.broken.done()

    async def _work(self, record: ConsumerRecord) -> None:
        try:
            with IN_HAND.labels(self._topic).track_inprogress():
                finished = await self._deliver(record)
            if finished:
                self._progress.done(record.partition, record.offset)
                await self._commit_or_break()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may go on behind this message
            self._break(error)
        finally:
            self._free.release()

    async def _commit_or_break(self) -> None:
        try:
            # One at a time: whoever waited finds its own offset committed by the one before.
            async with self._committing:
                await self._commit()
        except Exception as error:  # noqa: BLE001 - aiokafka's listener would swallow it; the stage must stop
            self._break(error)

    async def _commit(self) -> None:
        offsets = self._progress.committable()
        if not offsets or self._consumer is None or self.broken.done():
            return
        try:
            await self._consumer.commit({TopicPartition(self._topic, number): at for number, at in offsets.items()})
        except (CommitFailedError, IllegalStateError):
            # The group was rebalanced meanwhile: whoever has the partition now takes the messages again, and handlers
            # know what they have made already.
            get_logger("handlers").warning("partitions moved before their offsets were committed")
            return
        for number, at in offsets.items():
            self._progress.committed(number, at)

    def _break(self, error: Exception) -> None:
        if not self.broken.done():
            self.broken.set_exception(error)
