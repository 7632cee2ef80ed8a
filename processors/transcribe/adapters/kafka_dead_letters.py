"""The session log's records that cannot be processed, to `dead.letters`."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from aiokafka import AIOKafkaProducer

from infra.kafka.dead_letters import send_dead_letter
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters.retrying_producer import retried
from processors.transcribe.core.session.output import RejectedRecord
from processors.transcribe.settings import STAGE
from schemas.topics import Topic


@dataclass(frozen=True)
class _SourceRecord:
    """A rejected record, in the shape that `send_dead_letter` takes."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class KafkaDeadLetterPublisher:
    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._settings = settings

    async def send(self, rejected: Iterable[RejectedRecord]) -> None:
        """Returns once the broker holds them all."""
        for each in rejected:
            await retried(partial(self._send, each))

    async def _send(self, rejected: RejectedRecord) -> None:
        source = _SourceRecord(
            self._settings.topic(Topic.AUDIO_FRAMES),
            rejected.partition,
            rejected.offset,
            rejected.timestamp_ms,
            rejected.key,
            rejected.value,
        )
        await send_dead_letter(self._producer, self._settings, STAGE, source, rejected.reason)
