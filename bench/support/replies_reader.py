"""All replies of a stack with one edge, read after its sessions have ended."""

from aiokafka import TopicPartition

from infra.kafka.clients import make_consumer
from infra.kafka.ranges import read_range
from infra.kafka.settings import KafkaSettings
from schemas.replies import Reply
from schemas.topics import Topic


async def read_replies(kafka: KafkaSettings) -> list[Reply]:
    """In each session's order."""
    partition = TopicPartition(kafka.topic(Topic.REPLIES), 0)
    async with make_consumer(kafka, Topic.REPLIES, stage=None) as consumer:
        ends = await consumer.end_offsets([partition])
        batches = read_range(consumer, {partition: range(ends[partition])})
        return [Reply.model_validate_json(record.value or b"") async for records in batches for record in records]
