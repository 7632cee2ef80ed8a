"""Sending to edges' partitions of `replies` on a real broker."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.ranges import read_range
from infra.kafka.replies import has_replies_partition, send_reply
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import ensure_replies_partition
from schemas.replies import Reply
from schemas.topics import Topic

REPLY = Reply(event_id="1", at_ms=1, session_id="s-1", conn="c-1", heard_frames=4, message=None)


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = make_producer(kafka)
    await producer.start()
    yield producer
    await producer.stop()


async def written(kafka: KafkaSettings, partition: int) -> list[tuple[bytes | None, Reply]]:
    consumer = make_consumer(kafka, Topic.REPLIES, stage=None)
    await consumer.start()
    try:
        where = TopicPartition(kafka.topic(Topic.REPLIES), partition)
        end = (await consumer.end_offsets([where]))[where]
        return [
            (record.key, Reply.model_validate_json(record.value or b""))
            async for records in read_range(consumer, {where: range(end)})
            for record in records
        ]
    finally:
        await consumer.stop()


async def test_a_reply_goes_to_its_edges_partition(kafka: KafkaSettings, producer: AIOKafkaProducer) -> None:
    await send_reply(producer, kafka, REPLY, 2)
    assert await written(kafka, 2) == [(b"s-1", REPLY)]


async def test_an_edge_that_is_newer_than_the_producers_metadata_is_found(
    kafka: KafkaSettings, producer: AIOKafkaProducer
) -> None:
    await send_reply(producer, kafka, REPLY, 0)
    await ensure_replies_partition(kafka, 5)
    await send_reply(producer, kafka, REPLY, 5)
    assert await written(kafka, 5) == [(b"s-1", REPLY)]


async def test_a_reply_to_an_edge_that_does_not_exist_is_dropped(
    kafka: KafkaSettings, producer: AIOKafkaProducer
) -> None:
    assert not await has_replies_partition(producer, kafka, 9)
    await send_reply(producer, kafka, REPLY, 9)
