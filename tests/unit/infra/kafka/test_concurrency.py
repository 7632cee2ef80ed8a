"""Several messages in flight at once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaTimeoutError

from infra.kafka.concurrency import ConcurrentProcessor

TOPIC = "transcripts"
pytestmark = pytest.mark.usefixtures("virtual_time")


def record(offset: int, partition: int = 0) -> ConsumerRecord:
    return ConsumerRecord(TOPIC, partition, offset, 1, 0, b"s", b"", None, 0, 0, ())


@dataclass
class StubConsumer:
    commits: list[dict[int, int]] = field(default_factory=list)
    fault: Exception | None = None

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self.fault:
            raise self.fault
        self.commits.append({each.partition: at for each, at in offsets.items()})


class Work:
    """Messages stay in flight until they are let go."""

    def __init__(self, max_in_flight: int) -> None:
        self.stopping = asyncio.Event()
        self.begun: list[int] = []
        self.gates: dict[int, asyncio.Future[bool]] = {}
        self.consumer = StubConsumer()
        self.processor = ConcurrentProcessor(self._deliver, TOPIC, max_in_flight, self.stopping)

    async def _deliver(self, submitted: ConsumerRecord) -> bool:
        self.begun.append(submitted.offset)
        return await self.gates.setdefault(submitted.offset, asyncio.get_running_loop().create_future())

    async def submit(self, *offsets: int) -> None:
        for offset in offsets:
            await self.processor.submit(record(offset), self.consumer)
        await asyncio.sleep(0)

    async def let_go(self, offset: int, finished: bool = True) -> None:
        self.gates[offset].set_result(finished)
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_slow_message_holds_up_no_other_but_the_commit() -> None:
    work = Work(3)
    await work.submit(1, 2, 3)
    await work.let_go(2)
    await work.let_go(3)
    assert work.consumer.commits == []
    await work.submit(4)
    await work.let_go(1)
    await work.let_go(4)
    assert work.consumer.commits == [{0: 4}, {0: 5}]


async def test_no_more_are_in_flight_than_allowed() -> None:
    work = Work(2)
    await work.submit(1, 2)
    third = asyncio.create_task(work.submit(3))
    await asyncio.sleep(0.01)
    assert work.begun == [1, 2]
    await work.let_go(1)
    await third
    assert work.begun == [1, 2, 3]
    await work.processor.drain(0)


async def test_a_message_fetched_again_after_a_rebalance_is_not_processed_twice() -> None:
    work = Work(3)
    await work.submit(1)
    await work.processor.on_partitions_revoked([TopicPartition(TOPIC, 0)])
    await work.processor.on_partitions_assigned([TopicPartition(TOPIC, 0)])
    await work.submit(1, 2)
    assert work.begun == [1, 2]
    await work.let_go(2)
    await work.let_go(1)
    assert work.consumer.commits == [{0: 3}]


async def test_a_revoked_partition_is_not_committed_any_more() -> None:
    work = Work(3)
    await work.submit(1)
    await work.processor.on_partitions_assigned([TopicPartition(TOPIC, 1)])
    await work.let_go(1)
    assert work.consumer.commits == []


async def test_a_commit_after_a_rebalance_fails_nothing() -> None:
    work = Work(3)
    work.consumer.fault = CommitFailedError()
    await work.submit(1, 2)
    await work.let_go(1)
    assert not work.processor.failed.done()
    work.consumer.fault = None
    await work.let_go(2)
    assert work.consumer.commits == [{0: 3}]


@pytest.mark.parametrize("where", ["deliver", "commit"])
async def test_after_a_failure_nothing_is_processed_or_committed(where: str) -> None:
    work = Work(3)
    await work.submit(1, 2)
    if where == "deliver":
        work.gates[1].set_exception(KafkaTimeoutError())
        await asyncio.sleep(0.01)
    else:
        work.consumer.fault = KafkaTimeoutError()
        await work.let_go(1)
        work.consumer.fault = None
    with pytest.raises(KafkaTimeoutError):
        await work.processor.failed
    await work.submit(3)
    await work.let_go(2)
    assert work.begun == [1, 2]
    assert work.consumer.commits == []
    await work.processor.drain(5)


async def test_draining_waits_for_messages_in_flight_and_cancels_the_rest() -> None:
    work = Work(3)
    await work.submit(1, 2)
    work.stopping.set()
    await work.submit(3)
    asyncio.get_running_loop().call_later(0.05, work.gates[1].set_result, True)
    await work.processor.drain(0.2)
    assert work.begun == [1, 2]
    assert work.consumer.commits == [{0: 2}]


async def test_a_message_left_to_the_next_owner_holds_the_commit() -> None:
    work = Work(3)
    await work.submit(1, 2)
    await work.let_go(1, finished=False)
    await work.let_go(2)
    assert work.consumer.commits == []
