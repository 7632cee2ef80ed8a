"""The sessions' logs on `audio.frames`, and their starts on `session.events`, by aiokafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from edge.adapters.shared_timeout import Patience
from edge.core.effects import LogRecord
from infra.errors import Unavailable
from infra.kafka.clients import make_producer
from infra.kafka.headers import LogHeaders
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from schemas.sessions import SessionStarted
from schemas.topics import Topic

_STOP_S = 2.0


class KafkaLog:
    """`edge.ports.SessionLog`. An idempotent producer itself tries for ever; who waits is told, once there is no
    `patience` left, that a record may not be kept. `broken` is set once the producer can deliver nothing any more: then
    only a new process helps."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings, ordinal: int, patience: Patience) -> None:
        self._producer = producer
        self._settings = settings
        self._ordinal = ordinal
        self._patience = patience
        self.broken = asyncio.Event()

    async def append(self, session_id: str, conn: str, record: LogRecord) -> None:
        headers = LogHeaders(record.kind, conn, self._ordinal, record.seq)
        await self._send(Topic.AUDIO_FRAMES, session_id, record.value, headers.encode())

    async def announce(self, started: SessionStarted) -> None:
        await self._send(Topic.SESSION_EVENTS, started.session_id, started.encode(), [])

    async def _send(self, topic: Topic, key: str, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        try:
            await self._patience.wait(
                self._producer.send_and_wait(self._settings.topic(topic), value, key=key.encode(), headers=headers)
            )
        except (TimeoutError, KafkaTimeoutError) as error:
            raise Unavailable(
                f"Kafka accepted nothing on {topic.value.name} for {self._patience.within_s:g} s.",
                "Is the broker running?",
            ) from error
        except KafkaError as error:
            if not error.retriable:
                self.broken.set()
            raise Unavailable(f"Kafka refused a record for {topic.value.name}: {error!r}.", "See its log.") from error


@asynccontextmanager
async def kafka_log(settings: KafkaSettings, ordinal: int, within_s: float) -> AsyncIterator[KafkaLog]:
    """A log that is connected. Raises Unavailable if no broker answers."""
    # Records of many sessions that come within a few milliseconds travel together.
    producer = make_producer(settings, linger_ms=5)
    try:
        await producer.start()
    except KafkaError as error:
        await producer.stop()
        raise Unavailable(
            f"Kafka at {settings.address} does not answer ({error}).", "Start it, or set KAFKA_BOOTSTRAP."
        ) from error
    patience = Patience(within_s)
    watching = asyncio.create_task(patience.watch())
    try:
        yield KafkaLog(producer, settings, ordinal, patience)
    finally:
        watching.cancel()
        await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    """aiokafka's own stop waits for what was never accepted, and without a broker for ever."""
    try:
        async with asyncio.timeout(_STOP_S):
            await producer.stop()
    except TimeoutError:
        get_logger("edge.log").warning("Kafka does not answer, its client is left as it is", after_s=_STOP_S)
