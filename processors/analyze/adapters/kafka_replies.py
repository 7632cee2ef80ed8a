"""Replies to clients, on Kafka."""

from aiokafka import AIOKafkaProducer

from infra.kafka.replies import send_reply
from infra.kafka.settings import KafkaSettings
from schemas.replies import Reply


class KafkaReportReplies:
    """`processors.analyze.ports.ReportReplies`."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._settings = settings

    async def send(self, reply: Reply, partition: int) -> None:
        await send_reply(self._producer, self._settings, reply, partition)
