"""Bounded concurrency: several messages in flight at once, and offsets committed only up to the oldest of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from infra.kafka.metrics import MESSAGES_IN_FLIGHT
from infra.kafka.offset_tracker import OffsetTracker
from infra.telemetry import get_logger

Deliver = Callable[[ConsumerRecord], Awaitable[bool]]
"""Processes a record completely; False if it must stay uncommitted for the partition's next owner."""


class Committer(Protocol):
    """The part of an aiokafka consumer that is used here. Raises KafkaError."""

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None: ...


class ConcurrentProcessor(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is published without types
    """Processes the messages of one topic, up to `max_in_flight` at the same time."""

    failed: asyncio.Future[None]
    """Ends with the first error after which nothing more may be committed."""

    def __init__(self, deliver: Deliver, topic: str, max_in_flight: int, stopping: asyncio.Event) -> None:
        self.failed = asyncio.get_running_loop().create_future()
        self._deliver = deliver
        self._topic = topic
        self._slots = asyncio.Semaphore(max_in_flight)
        self._stopping = stopping
        self._offsets = OffsetTracker()
        self._tasks: set[asyncio.Task[None]] = set()
        self._consumer: Committer | None = None
        self._committing = asyncio.Lock()

    async def submit(self, record: ConsumerRecord, consumer: Committer) -> None:
        """Returns once the message is in flight; waits while all slots are taken, which is the backpressure on the
        consumer."""
        await self._slots.acquire()
        self._consumer = consumer
        # Checked after the wait: a stopping stage leaves what it has not begun to the next owner.
        if self._halted or not self._offsets.track(record.partition, record.offset):
            self._slots.release()
            return
        task = asyncio.create_task(self._process(record))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, within_s: float) -> None:
        """Call once stopping or failed: waits for the messages in flight and cancels those that are not completed in
        time, or all of them at once after a failure. They are not committed, so the next owner processes them again."""
        if self._tasks and not self.failed.done():
            await asyncio.wait(self._tasks, timeout=within_s)
        unfinished = tuple(self._tasks)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka's signature
        """Commits, so that the next owner repeats as little as possible."""
        await self._commit_or_fail()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """`assigned` is this member's whole new assignment. Partitions that it keeps are fetched again from the
        committed offset; messages already in flight or completed are then skipped."""
        self._offsets.retain(each.partition for each in assigned)

    @property
    def _halted(self) -> bool:
        return self._stopping.is_set() or self.failed.done()

    async def _process(self, record: ConsumerRecord) -> None:
        try:
            with MESSAGES_IN_FLIGHT.labels(self._topic).track_inprogress():
                completed = await self._deliver(record)
            if completed:
                self._offsets.complete(record.partition, record.offset)
                await self._commit_or_fail()
        except Exception as error:  # noqa: BLE001 - whatever it is, no offset after this message may be committed
            self._fail(error)
        finally:
            self._slots.release()

    async def _commit_or_fail(self) -> None:
        try:
            # One at a time: a task that had to wait finds its offset already committed by the one before.
            async with self._committing:
                await self._commit()
        except Exception as error:  # noqa: BLE001 - aiokafka's listener would swallow it; the stage must stop
            self._fail(error)

    async def _commit(self) -> None:
        offsets = self._offsets.committable()
        if not offsets or self._consumer is None or self.failed.done():
            return
        try:
            await self._consumer.commit({TopicPartition(self._topic, number): at for number, at in offsets.items()})
        except (CommitFailedError, IllegalStateError):
            # The group was rebalanced meanwhile: the new owner gets the messages again, and handlers recognise what
            # they have already produced.
            get_logger("handlers").warning("offsets not committed: partitions were reassigned")
            return
        for number, at in offsets.items():
            self._offsets.committed(number, at)

    def _fail(self, error: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)
