"""Reading offset ranges from a real broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from infra.kafka.clients import make_consumer, make_producer, make_transactional_producer
from infra.kafka.ranges import read_range, read_until
from infra.kafka.settings import KafkaSettings
from schemas.topics import Topic
from tests.support.waiting import DEADLINE_S

Write = Callable[[int, Sequence[str]], Awaitable[None]]


@pytest.fixture
async def consumer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = make_consumer(kafka, Topic.TRANSCRIPTS, stage=None)
    await consumer.start()
    yield consumer
    await consumer.stop()


@pytest.fixture
async def write(kafka: KafkaSettings) -> AsyncIterator[Write]:
    producer: AIOKafkaProducer = make_producer(kafka)
    await producer.start()

    async def write(partition: int, values: Sequence[str]) -> None:
        for value in values:
            await producer.send_and_wait(kafka.topic(Topic.TRANSCRIPTS), value.encode(), partition=partition)

    yield write
    await producer.stop()


def partition(kafka: KafkaSettings, number: int) -> TopicPartition:
    return TopicPartition(kafka.topic(Topic.TRANSCRIPTS), number)


async def values(consumer: AIOKafkaConsumer, ranges: dict[TopicPartition, range]) -> dict[int, list[str]]:
    """By partition."""
    found: dict[int, list[str]] = {}
    async for records in read_range(consumer, ranges):
        found.setdefault(records[0].partition, []).extend(record.value.decode() for record in records)
    return found


async def test_a_range_gives_its_records_and_no_others(
    kafka: KafkaSettings, consumer: AIOKafkaConsumer, write: Write
) -> None:
    await write(0, ["zero", "one", "two", "three"])
    await write(1, ["a", "b"])
    ranges = {partition(kafka, 0): range(1, 3), partition(kafka, 1): range(2), partition(kafka, 2): range(0)}
    assert await values(consumer, ranges) == {0: ["one", "two"], 1: ["a", "b"]}


async def test_empty_ranges_give_nothing(kafka: KafkaSettings, consumer: AIOKafkaConsumer) -> None:
    assert await values(consumer, {}) == {}
    assert await values(consumer, {partition(kafka, 0): range(0)}) == {}


async def test_a_consumer_reads_one_range_after_another(
    kafka: KafkaSettings, consumer: AIOKafkaConsumer, write: Write
) -> None:
    await write(0, ["zero", "one"])
    for _ in range(2):
        assert await values(consumer, {partition(kafka, 0): range(1, 2)}) == {0: ["one"]}


async def test_a_range_may_end_with_an_aborted_transaction(
    kafka: KafkaSettings, consumer: AIOKafkaConsumer, write: Write
) -> None:
    await write(0, ["before"])
    producer = make_transactional_producer(kafka, kafka.prefix + "writer")
    await producer.start()
    await producer.begin_transaction()
    await producer.send_and_wait(kafka.topic(Topic.TRANSCRIPTS), b"aborted", partition=0)
    await producer.abort_transaction()
    await producer.stop()
    where = partition(kafka, 0)
    async with asyncio.timeout(DEADLINE_S):
        # The marker of the abort is written after `abort_transaction` has returned.
        while (await consumer.end_offsets([where]))[where] < 3:  # noqa: ASYNC110 - the broker sets no event
            await asyncio.sleep(0.02)
    assert await values(consumer, {where: range(3)}) == {0: ["before"]}


async def test_reading_goes_on_from_the_position_and_keeps_what_was_fetched_past_the_end(
    kafka: KafkaSettings, consumer: AIOKafkaConsumer, write: Write
) -> None:
    where = partition(kafka, 0)
    await write(0, ["zero", "one", "two"])
    consumer.assign([where])
    consumer.seek(where, 1)
    found = [record.value async for records in read_until(consumer, {where: 2}) for record in records]
    assert found == [b"one", b"two"]
    assert await consumer.position(where) == 3


async def test_a_range_that_ends_after_the_log_is_given_up(
    kafka: KafkaSettings, consumer: AIOKafkaConsumer, write: Write
) -> None:
    await write(0, ["zero"])
    with pytest.raises(KafkaTimeoutError):
        async for _ in read_range(consumer, {partition(kafka, 0): range(2)}, stalled_s=0.6):
            pass
