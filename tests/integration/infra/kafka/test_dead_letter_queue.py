"""The dead-letter queue on a real broker."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaProducer

from infra.clock import SystemClock
from infra.errors import Unprocessable
from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.dead_letter_queue import DeadLetterQueue, open_dead_letter_queue
from infra.kafka.dead_letters import send_dead_letter
from infra.kafka.settings import KafkaSettings
from schemas.topics import Topic

HEADERS = [("kind", b"odd"), ("seq", b"\xff")]


@dataclass(frozen=True)
class StubRecord:
    topic: str
    offset: int
    partition: int = 1
    timestamp: int = 5
    key: bytes | None = b"s-1"
    value: bytes | None = b"{not an event"


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = make_producer(kafka)
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
async def queue(kafka: KafkaSettings) -> AsyncIterator[DeadLetterQueue]:
    async with open_dead_letter_queue(kafka, SystemClock()) as queue:
        yield queue


async def test_dead_letters_are_listed_once_without_their_values_newest_first(
    kafka: KafkaSettings, producer: AIOKafkaProducer, queue: DeadLetterQueue
) -> None:
    assert await queue.read() == []
    for offset in (3, 4, 4):
        record = StubRecord(kafka.topic(Topic.TRANSCRIPTS), offset)
        await send_dead_letter(producer, kafka, "analyze", record, "not an event", HEADERS)
    stored = await queue.read()
    assert [each.letter.offset for each in stored] == [4, 3]
    assert {(each.letter.stage, each.letter.reason, each.value_bytes) for each in stored} == {
        ("analyze", "not an event", len(b"{not an event"))
    }
    assert not any(each.letter.value_base64 for each in stored)
    assert [each.retried_at_ms for each in stored] == [None, None]


async def test_a_retried_message_is_back_on_its_topic_with_key_and_headers(
    kafka: KafkaSettings, producer: AIOKafkaProducer, queue: DeadLetterQueue
) -> None:
    record = StubRecord(kafka.topic(Topic.TRANSCRIPTS), 3)
    await send_dead_letter(producer, kafka, "analyze", record, "not an event", HEADERS)
    [stored] = await queue.read()
    await queue.retry(stored)
    consumer = make_consumer(kafka, Topic.TRANSCRIPTS, stage="reader")
    await consumer.start()
    try:
        back = await consumer.getone()
    finally:
        await consumer.stop()
    assert (back.key, back.value, list(back.headers)) == (record.key, record.value, HEADERS)
    [stored] = await queue.read()
    assert stored.retried_at_ms is not None


async def test_a_record_of_a_sessions_log_cannot_be_put_back(
    kafka: KafkaSettings, producer: AIOKafkaProducer, queue: DeadLetterQueue
) -> None:
    record = StubRecord(kafka.topic(Topic.AUDIO_FRAMES), 3)
    await send_dead_letter(producer, kafka, "transcribe", record, "not a frame")
    [stored] = await queue.read()
    with pytest.raises(Unprocessable):
        await queue.retry(stored)
