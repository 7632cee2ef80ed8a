"""Writes the sessions' logs to `audio.frames`, and their starts to `session.events`, by aiokafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from edge.adapters.shared_timeout import SharedTimeout
from edge.core.effects import SessionRecord
from infra.errors import Unavailable
from infra.kafka.clients import make_producer
from infra.kafka.headers import LogHeaders
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from schemas.sessions import SessionStarted
from schemas.topics import Topic

_STOP_S = 2.0


class KafkaSessionLogWriter:
    """`edge.ports.SessionLogWriter`. An idempotent producer retries for ever; after `timeout` the writer reports that a
    record may not have been accepted. `broken` is set once the producer cannot deliver anything any more, which only a
    new process mends."""

    def __init__(
        self, producer: AIOKafkaProducer, settings: KafkaSettings, ordinal: int, timeout: SharedTimeout
    ) -> None:
        self._producer = producer
        self._settings = settings
        self._ordinal = ordinal
        self._timeout = timeout
        self.broken = asyncio.Event()

    async def append(self, session_id: str, conn: str, record: SessionRecord) -> None:
        headers = LogHeaders(record.kind, conn, self._ordinal, record.seq)
        await self._send(Topic.AUDIO_FRAMES, session_id, record.value, headers.encode())

    async def announce(self, started: SessionStarted) -> None:
        await self._send(Topic.SESSION_EVENTS, started.session_id, started.encode(), [])

    async def _send(self, topic: Topic, key: str, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        try:
            await self._timeout.wait(
                self._producer.send_and_wait(self._settings.topic(topic), value, key=key.encode(), headers=headers)
            )
        except (TimeoutError, KafkaTimeoutError) as error:
            raise Unavailable(
                f"Kafka accepted nothing on {topic.value.name} for {self._timeout.timeout_s:g} s.",
                "Is the broker running?",
            ) from error
        except KafkaError as error:
            if not error.retriable:
                self.broken.set()
            raise Unavailable(f"Kafka rejected a record for {topic.value.name}: {error!r}.", "See its log.") from error


@asynccontextmanager
async def kafka_session_log(
    settings: KafkaSettings, ordinal: int, timeout_s: float
) -> AsyncIterator[KafkaSessionLogWriter]:
    """A connected writer. Raises Unavailable if no broker answers."""
    # Records of many sessions that are appended within a few milliseconds are sent together.
    producer = make_producer(settings, linger_ms=5)
    try:
        await producer.start()
    except KafkaError as error:
        await producer.stop()
        raise Unavailable(
            f"Kafka at {settings.address} does not answer ({error}).", "Start it, or set KAFKA_BOOTSTRAP."
        ) from error
    timeout = SharedTimeout(timeout_s)
    watching = asyncio.create_task(timeout.watch())
    try:
        yield KafkaSessionLogWriter(producer, settings, ordinal, timeout)
    finally:
        watching.cancel()
        await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    """aiokafka's own stop waits for records in flight, and without a broker for ever."""
    try:
        async with asyncio.timeout(_STOP_S):
            await producer.stop()
    except TimeoutError:
        get_logger("edge.log").warning("Kafka producer not stopped: no answer", after_s=_STOP_S)
