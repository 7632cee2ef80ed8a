"""Sending to `replies`, where each edge owns the partition of its own number."""

from aiokafka import AIOKafkaProducer

from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from schemas.replies import Reply
from schemas.topics import Topic


async def has_replies_partition(producer: AIOKafkaProducer, settings: KafkaSettings, partition: int) -> bool:
    """Whether an edge owns this partition. The producer's metadata is refreshed first if it does not list it: the edge
    may be newer than the metadata. A partition that does not exist even then has no reader, for an edge creates its
    partition before it opens its port. Raises KafkaError."""
    topic = settings.topic(Topic.REPLIES)
    if partition in await producer.partitions_for(topic):
        return True
    await producer.client.force_metadata_update()
    return partition in await producer.partitions_for(topic)


async def send_reply(producer: AIOKafkaProducer, settings: KafkaSettings, reply: Reply, partition: int) -> None:
    """Returns once the broker holds the reply. It is dropped if no edge owns the partition. Raises KafkaError."""
    if not await has_replies_partition(producer, settings, partition):
        get_logger("replies").error(
            "reply dropped: its partition does not exist", session_id=reply.session_id, partition=partition
        )
        return
    await producer.send_and_wait(
        settings.topic(Topic.REPLIES), reply.encode(), key=reply.session_id.encode(), partition=partition
    )
