"""Ends sessions whose clients are gone, by a record in the session's own log: so every reader of the log sees the end
in its place."""

from aiokafka import AIOKafkaProducer

from infra.clock import Clock
from infra.kafka.headers import LogHeaders
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from processors.transcribe.adapters.retrying_producer import Message, RetryingProducer
from processors.transcribe.core.session.idle_sessions import OpenSession
from schemas.base import derived_id
from schemas.sessions import EndCause, RecordKind, SessionEnded
from schemas.topics import Topic

_LOG = get_logger(__name__)


class KafkaSessionEnder:
    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings, clock: Clock) -> None:
        self._producer = RetryingProducer(producer)
        self._settings = settings
        self._clock = clock

    async def end(self, session: OpenSession) -> None:
        """Returns once the broker holds the record."""
        ended = SessionEnded(
            event_id=derived_id(session.session_id, "idle end", session.last_offset),
            at_ms=self._clock.now_ms(),
            session_id=session.session_id,
            cause=EndCause.IDLE,
            last_offset=session.last_offset,
        )
        _LOG.info("idle session ended", session_id=session.session_id)
        topic, headers = self._settings.topic(Topic.AUDIO_FRAMES), LogHeaders(RecordKind.END).encode()
        key = session.session_id.encode()
        await self._producer.send([Message(topic, key, ended.encode(), session.partition, headers)])
