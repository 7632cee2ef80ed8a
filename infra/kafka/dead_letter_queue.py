"""`dead.letters`, as a person needs it: which messages lie there, and how one is put back on its topic."""

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
class KeptLetter:
    """`letter` is without its value, of which `value_bytes` tells the size. `partition`, `offset`: where it stands on
    `dead.letters`, since `kept_at_ms`. `retried_at_ms`: when a person last put it back; null while it waits."""

    letter: DeadLetter
    value_bytes: int
    partition: int
    offset: int
    kept_at_ms: int
    retried_at_ms: int | None


class DeadLetterBox:
    def __init__(
        self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, settings: KafkaSettings, clock: Clock
    ) -> None:
        self._consumer = consumer
        self._producer = producer
        self._settings = settings
        self._clock = clock
        self._topic = settings.topic(Topic.DEAD_LETTERS)

    async def read(self) -> list[KeptLetter]:
        """All letters that are kept, the newest first; one that was written twice, once. Raises KafkaError, or
        ValueError for a record that is no letter."""
        letters: dict[str, KeptLetter] = {}
        retried: dict[str, int] = {}
        async for record in self._records():
            event = parse_event(Topic.DEAD_LETTERS, record.value or b"")
            if isinstance(event, DeadLetterRetried):
                retried[event.letter_id] = event.at_ms
            elif isinstance(event, DeadLetter):
                letters.setdefault(event.event_id, _kept(event, record))
        marked = [replace(one, retried_at_ms=retried.get(one.letter.event_id)) for one in letters.values()]
        return sorted(marked, key=lambda one: one.kept_at_ms, reverse=True)

    async def retry(self, kept: KeptLetter) -> None:
        """Put the message back on its topic, with its key and headers, and note that it was. Stages that have handled
        it already will see it again, which changes nothing. Raises Unprocessable if it must not be put back, KafkaError
        if it could not be."""
        self._check(kept.letter)
        letter, key = await self._open(kept)
        stands = await self._producer.send_and_wait(
            letter.topic,
            base64.b64decode(letter.value_base64),
            key=key,
            headers=[(name, base64.b64decode(value)) for name, value in letter.headers],
        )
        now_ms = self._clock.now_ms()
        note = DeadLetterRetried(
            event_id=derived_id(letter.event_id, "retried", now_ms),
            at_ms=now_ms,
            letter_id=letter.event_id,
            topic=letter.topic,
            partition=stands.partition,
            offset=stands.offset,
        )
        await self._producer.send_and_wait(self._topic, note.encode(), key=key)

    def _check(self, letter: DeadLetter) -> None:
        if letter.topic == self._settings.topic(Topic.AUDIO_FRAMES):
            raise Unprocessable(
                f"Letter {letter.event_id} is a record of a session's log.",
                "Its place in the session is past, so it cannot be put back; the session went on without it.",
            )
        if letter.topic not in {self._settings.topic(topic) for topic in Topic}:
            raise Unprocessable(
                f"Letter {letter.event_id} is of the topic {letter.topic}, which this installation does not have.",
                "Check KAFKA_PREFIX.",
            )

    async def _records(self) -> AsyncIterator[ConsumerRecord]:
        """What the topic holds now."""
        places = [TopicPartition(self._topic, number) for number in await self._producer.partitions_for(self._topic)]
        begins = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        ranges = {place: range(begins[place], ends[place]) for place in places}
        async for records in read_range(self._consumer, ranges):
            for record in records:
                yield record

    async def _open(self, kept: KeptLetter) -> tuple[DeadLetter, bytes | None]:
        """The whole letter and its key."""
        place = TopicPartition(self._topic, kept.partition)
        self._consumer.assign([place])
        self._consumer.seek(place, kept.offset)
        record = await self._consumer.getone(place)
        return DeadLetter.model_validate_json(record.value or b""), record.key


def _kept(letter: DeadLetter, record: ConsumerRecord) -> KeptLetter:
    value_bytes = len(base64.b64decode(letter.value_base64))
    lighter = letter.model_copy(update={"value_base64": ""})
    return KeptLetter(lighter, value_bytes, record.partition, record.offset, record.timestamp, None)


@asynccontextmanager
async def open_box(settings: KafkaSettings, clock: Clock) -> AsyncIterator[DeadLetterBox]:
    """Raises KafkaError."""
    largest_bytes = Topic.DEAD_LETTERS.value.max_message_bytes
    consumer = make_consumer(settings, Topic.DEAD_LETTERS, stage=None, max_partition_fetch_bytes=largest_bytes)
    producer = make_producer(settings)
    try:
        await consumer.start()
        await producer.start()
        yield DeadLetterBox(consumer, producer, settings, clock)
    finally:
        await producer.stop()
        await consumer.stop()
