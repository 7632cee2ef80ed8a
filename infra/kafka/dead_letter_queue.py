"""The dead-letter queue for an operator: list the messages on `dead.letters`, and put one back on its topic."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from infra.clock import Clock
from infra.errors import Unprocessable
from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.ranges import read_range
from infra.kafka.settings import KafkaSettings
from schemas.base import derived_id
from schemas.dead_letters import DeadLetter, DeadLetterRetried
from schemas.topics import Topic, parse_event


@dataclass(frozen=True)
class StoredDeadLetter:
    letter: DeadLetter
    """Without its value."""
    value_bytes: int
    """Size of the value that `letter` leaves out."""
    partition: int
    """Where it is stored on `dead.letters`."""
    offset: int
    stored_at_ms: int
    retried_at_ms: int | None
    """When it was last put back on its topic; None if it never was."""


class DeadLetterQueue:
    def __init__(
        self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, settings: KafkaSettings, clock: Clock
    ) -> None:
        self._consumer = consumer
        self._producer = producer
        self._settings = settings
        self._clock = clock
        self._topic = settings.topic(Topic.DEAD_LETTERS)

    async def read(self) -> list[StoredDeadLetter]:
        """All dead letters, newest first; one that was written twice is listed once. Raises KafkaError, or ValueError
        for a record that is not a dead letter."""
        letters: dict[str, StoredDeadLetter] = {}
        retried: dict[str, int] = {}
        async for record in self._records():
            event = parse_event(Topic.DEAD_LETTERS, record.value or b"")
            if isinstance(event, DeadLetterRetried):
                retried[event.letter_id] = event.at_ms
            elif isinstance(event, DeadLetter):
                letters.setdefault(event.event_id, _stored(event, record))
        marked = [replace(one, retried_at_ms=retried.get(one.letter.event_id)) for one in letters.values()]
        return sorted(marked, key=lambda one: one.stored_at_ms, reverse=True)

    async def retry(self, stored: StoredDeadLetter) -> None:
        """Put the message back on its topic, with its key and headers, and record that it was. Stages that have already
        handled it will see it again, which changes nothing. Raises Unprocessable if it must not be put back, KafkaError
        if it could not be."""
        self._check(stored.letter)
        letter, key = await self._fetch(stored)
        written = await self._producer.send_and_wait(
            letter.topic,
            base64.b64decode(letter.value_base64),
            key=key,
            headers=[(name, base64.b64decode(value)) for name, value in letter.headers],
        )
        now_ms = self._clock.now_ms()
        retried = DeadLetterRetried(
            event_id=derived_id(letter.event_id, "retried", now_ms),
            at_ms=now_ms,
            letter_id=letter.event_id,
            topic=letter.topic,
            partition=written.partition,
            offset=written.offset,
        )
        await self._producer.send_and_wait(self._topic, retried.encode(), key=key)

    def _check(self, letter: DeadLetter) -> None:
        if letter.topic == self._settings.topic(Topic.AUDIO_FRAMES):
            raise Unprocessable(
                f"Dead letter {letter.event_id} is a record of a session's log.",
                "It cannot be put back: the session went on without it, and its place in the log is past.",
            )
        if letter.topic not in {self._settings.topic(topic) for topic in Topic}:
            raise Unprocessable(
                f"Dead letter {letter.event_id} is from topic {letter.topic}, which this installation does not have.",
                "Check KAFKA_PREFIX.",
            )

    async def _records(self) -> AsyncIterator[ConsumerRecord]:
        """What is on the topic now."""
        partitions = [
            TopicPartition(self._topic, number) for number in await self._producer.partitions_for(self._topic)
        ]
        begins = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        ranges = {each: range(begins[each], ends[each]) for each in partitions}
        async for records in read_range(self._consumer, ranges):
            for record in records:
                yield record

    async def _fetch(self, stored: StoredDeadLetter) -> tuple[DeadLetter, bytes | None]:
        """The dead letter with its value, and its key."""
        partition = TopicPartition(self._topic, stored.partition)
        self._consumer.assign([partition])
        self._consumer.seek(partition, stored.offset)
        record = await self._consumer.getone(partition)
        return DeadLetter.model_validate_json(record.value or b""), record.key


def _stored(letter: DeadLetter, record: ConsumerRecord) -> StoredDeadLetter:
    value_bytes = len(base64.b64decode(letter.value_base64))
    without_value = letter.model_copy(update={"value_base64": ""})
    return StoredDeadLetter(without_value, value_bytes, record.partition, record.offset, record.timestamp, None)


@asynccontextmanager
async def open_dead_letter_queue(settings: KafkaSettings, clock: Clock) -> AsyncIterator[DeadLetterQueue]:
    """Raises KafkaError."""
    largest_bytes = Topic.DEAD_LETTERS.value.max_message_bytes
    consumer = make_consumer(settings, Topic.DEAD_LETTERS, stage=None, max_partition_fetch_bytes=largest_bytes)
    producer = make_producer(settings)
    try:
        await consumer.start()
        await producer.start()
        yield DeadLetterQueue(consumer, producer, settings, clock)
    finally:
        await producer.stop()
        await consumer.stop()
