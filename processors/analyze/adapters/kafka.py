"""Replies on Kafka."""

from aiokafka import AIOKafkaProducer

from infra.kafka.replies import send_reply
from infra.kafka.settings import KafkaSettings
from schemas.replies import Reply


class KafkaReplies:
    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._settings = settings

    async def tell(self, reply: Reply, reply_to: int) -> None:
        await send_reply(self._producer, self._settings, reply, reply_to)
