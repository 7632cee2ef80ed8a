"""The topics, with aiokafka.

Quirks hidden here: a client that failed to start cannot be started again; `commit` retries internally for as long as
the broker is away, so it gets a timeout; a commit after a rebalance fails for good, and nothing is lost by that, since
the partitions' new owner reads the records again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from analytics.ports import FactRecord
from analytics.retry import Retry
from infra.errors import Unavailable
from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.dead_letters import KafkaRecord, send_dead_letter
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from schemas.topics import Topic

_STAGE = "analytics"
_WAIT_MS = 500
_LINGER_S = 0.1
_MAX_RECORDS = 1000
_COMMIT_TIMEOUT_S = 10
_STOP_TIMEOUT_S = 3


class KafkaFactSource:
    """`analytics.ports.FactSource`, as a member of the consumer group `analytics`."""

    def __init__(self, consumer: AIOKafkaConsumer, topics: dict[str, Topic]) -> None:
        self._consumer = consumer
        self._topics = topics
        self._positions: dict[TopicPartition, int] = {}

    async def read(self) -> Sequence[FactRecord]:
        try:
            batch = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=_MAX_RECORDS)
            if batch:
                # Each insert creates a part on ClickHouse's disk: a short wait makes the parts fewer and larger.
                await asyncio.sleep(_LINGER_S)
                more = await self._consumer.getmany(timeout_ms=0, max_records=_MAX_RECORDS)
                for partition, records in more.items():
                    batch.setdefault(partition, []).extend(records)
        except KafkaError as error:
            raise _unavailable(error) from error
        for partition, records in batch.items():
            self._positions[partition] = records[-1].offset + 1
        return [FactRecord(self._topics[part.topic], record) for part, records in batch.items() for record in records]

    async def commit(self) -> None:
        if not self._positions:
            return
        try:
            async with asyncio.timeout(_COMMIT_TIMEOUT_S):
                await self._consumer.commit(self._positions)
        except (CommitFailedError, IllegalStateError) as error:
            get_logger("kafka").warning("commit failed after a rebalance", reason=type(error).__name__)
        except (KafkaError, TimeoutError) as error:
            raise _unavailable(error) from error
        self._positions = {}


class KafkaDeadLetterSink:
    """`analytics.ports.DeadLetterSink`."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._settings = settings

    async def send(self, record: KafkaRecord, reason: str) -> None:
        try:
            await send_dead_letter(self._producer, self._settings, _STAGE, record, reason)
        except KafkaError as error:
            raise _unavailable(error) from error


@asynccontextmanager
async def kafka_clients(
    settings: KafkaSettings, topics: Sequence[Topic], retry: Retry
) -> AsyncIterator[tuple[KafkaFactSource, KafkaDeadLetterSink]]:
    """Both clients, connected for the length of the block. Raises Unavailable only if the stage is stopping."""
    consumer = await retry("kafka", _started_consumer, settings, topics)
    try:
        producer = await retry("kafka", _started_producer, settings)
        try:
            names = {settings.topic(topic): topic for topic in topics}
            yield KafkaFactSource(consumer, names), KafkaDeadLetterSink(producer, settings)
        finally:
            await _stop(producer)
    finally:
        await _stop(consumer)


async def _started_consumer(settings: KafkaSettings, topics: Sequence[Topic]) -> AIOKafkaConsumer:
    consumer = make_consumer(settings, *topics, stage=_STAGE)
    await _start(consumer)
    missing = [name for name in map(settings.topic, topics) if not consumer.partitions_for_topic(name)]
    if missing:
        # The consumer would notice new topics only at its next metadata refresh, five minutes later.
        await _stop(consumer)
        raise Unavailable(f"Topics are missing: {', '.join(missing)}.", "Run `rostrum topics`, which creates them.")
    return consumer


async def _started_producer(settings: KafkaSettings) -> AIOKafkaProducer:
    producer = make_producer(settings)
    await _start(producer)
    return producer


async def _start(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    try:
        await client.start()
    except KafkaError as error:
        await _stop(client)
        raise _unavailable(error) from error


async def _stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await client.stop()
    except (KafkaError, TimeoutError) as error:
        # It cannot leave the group while the broker is away; the group times the member out.
        get_logger("kafka").warning("client did not stop cleanly", reason=type(error).__name__)


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"Kafka is not available ({type(error).__name__}: {error}).", "Check that the broker runs.")
