"""Past sessions in Kafka, read without joining a consumer group: no live consumer is disturbed."""

from collections.abc import AsyncGenerator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import ConsumerRecord

from infra.errors import RostrumError, Unavailable
from infra.kafka.clients import make_consumer
from infra.kafka.ranges import read_range
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import partition_counts
from schemas.topics import Topic, parse_event
from schemas.transcripts import SessionTranscribed


async def stored_transcripts(
    settings: KafkaSettings, *, session_id: str | None = None, since_ms: int | None = None
) -> dict[str, SessionTranscribed]:
    """Transcripts of finished sessions, by session id: of one session, or of all published since a time (Unix, ms)."""
    found: dict[str, SessionTranscribed] = {}
    async for records in read(settings, Topic.TRANSCRIPTS, session_id=session_id, since_ms=since_ms):
        for record in records:
            event = parse_event(Topic.TRANSCRIPTS, record.value or b"")
            if isinstance(event, SessionTranscribed):
                found.setdefault(event.session_id, event)
    return found


async def read(
    settings: KafkaSettings, topic: Topic, *, session_id: str | None = None, since_ms: int | None = None
) -> AsyncGenerator[Sequence[ConsumerRecord]]:
    """The records of a session topic, in batches, each partition's in order: from a time (Unix, ms) or the beginning,
    up to where the topic ended when reading began. With a session, its own records alone. Raises Unavailable if the
    broker does not answer, RostrumError if there is no such topic."""
    partitions = await _partitions(settings, topic, session_id)
    consumer = make_consumer(settings, topic, stage=None)
    try:
        await consumer.start()
        async for records in read_range(consumer, await _ranges(consumer, partitions, since_ms)):
            if kept := [each for each in records if session_id is None or each.key == session_id.encode()]:
                yield kept
    except KafkaError as error:
        raise Unavailable(
            f"Kafka at {settings.address} stopped answering ({topic.value.name}, {type(error).__name__}).",
            "Check that it is running, and the KAFKA_ settings.",
        ) from error
    finally:
        await consumer.stop()


async def _partitions(settings: KafkaSettings, topic: Topic, session_id: str | None) -> list[TopicPartition]:
    name, count = settings.topic(topic), (await partition_counts(settings)).get(topic)
    if count is None:
        raise RostrumError(
            f"Kafka at {settings.address} has no topic {name}.", "Check KAFKA_PREFIX; `rostrum topics` lists them."
        )
    numbers = list(range(count))
    if session_id is not None:
        # Producers of the session's log choose the partition by the key alone, in this way.
        numbers = [DefaultPartitioner()(session_id.encode(), numbers, numbers)]
    return [TopicPartition(name, number) for number in numbers]


async def _ranges(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], since_ms: int | None
) -> dict[TopicPartition, range]:
    ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    begins: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    if since_ms is not None:
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
        # No record since that time: nothing to read.
        begins = {each: found[each].offset if found.get(each) else ends[each] for each in partitions}
    return {each: range(begins[each], ends[each]) for each in partitions}
