"""Replies on Kafka."""

from aiokafka import AIOKafkaProducer

from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from schemas.replies import Reply
from schemas.topics import Topic


class KafkaReplies:
    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._topic = settings.topic(Topic.REPLIES)

    async def tell(self, reply: Reply, reply_to: int) -> None:
        if reply_to not in await self._producer.partitions_for(self._topic):
            # An edge added after this producer learned the topic's partitions.
            await self._producer.client.force_metadata_update()
        if reply_to not in await self._producer.partitions_for(self._topic):
            # Nobody reads there: an edge makes its partition before it opens its port.
            get_logger("replies").error("no such partition of replies", reply_to=reply_to)
            return
        await self._producer.send_and_wait(
            self._topic, reply.encode(), key=reply.session_id.encode(), partition=reply_to
        )
