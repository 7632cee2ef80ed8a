"""A session's log, on Kafka."""

from aiokafka import AIOKafkaProducer

from infra.kafka.headers import LogHeaders
from infra.kafka.settings import KafkaSettings
from schemas.sessions import QuestionsAsked, RecordKind
from schemas.topics import Topic


class KafkaQuestionLog:
    """`processors.questions.ports.QuestionLog`."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._topic = settings.topic(Topic.AUDIO_FRAMES)

    async def append(self, asked: QuestionsAsked) -> None:
        # The key determines the partition, as it does at the edge, so that the record joins the session's log.
        await self._producer.send_and_wait(
            self._topic,
            asked.encode(),
            key=asked.session_id.encode(),
            headers=LogHeaders(RecordKind.QUESTIONS).encode(),
        )
