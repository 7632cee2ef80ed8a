"""Messages that can never be handled are sent to `dead.letters`, so that they block nothing and are not lost."""

import base64
from collections.abc import Sequence
from typing import Protocol

from aiokafka import AIOKafkaProducer

from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from schemas.base import derived_id
from schemas.dead_letters import DeadLetter
from schemas.topics import Topic


class KafkaRecord(Protocol):
    """A record as aiokafka's consumer returns it. `timestamp` is in milliseconds."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


async def send_dead_letter(
    producer: AIOKafkaProducer,
    settings: KafkaSettings,
    stage: str,
    record: KafkaRecord,
    reason: str,
    headers: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Returns once the broker holds the dead letter: only then may the record's offset be committed."""
    get_logger("dead_letters").error(
        "message dead-lettered", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason
    )
    letter = DeadLetter(
        event_id=derived_id("dead letter", stage, record.topic, record.partition, record.offset),
        at_ms=record.timestamp,
        stage=stage,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key.decode(errors="replace") if record.key is not None else None,
        reason=reason,
        value_base64=base64.b64encode(record.value or b"").decode(),
        headers=tuple((name, base64.b64encode(value or b"").decode()) for name, value in headers),
    )
    await producer.send_and_wait(settings.topic(Topic.DEAD_LETTERS), letter.encode(), key=record.key)
