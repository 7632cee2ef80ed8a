"""FastStream for the stages that handle event by event.

FastStream's defaults are not ours, and this file is where they are put right (all seen in its 0.7 source): it commits
before the handler runs (ACK_FIRST), reads uncommitted and from the latest offset, guesses at the format of bytes,
decodes every header as UTF-8, and after an exception in a handler goes on to the next message. Its `ack` commits the
consumer's position, which is behind messages that are still in hand: we never call it, but commit offsets through the
consumer that each message carries (`hands.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from logging import ERROR, Logger, getLogger
from typing import Any, cast

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.middlewares import AckPolicy
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from infra.errors import Unavailable
from infra.kafka.clients import connection, make_producer
from infra.kafka.concurrency import Committer, Hands
from infra.kafka.dead_letters import Record, send_dead_letter
from infra.kafka.delivery import Delivery, Handler, Retries
from infra.kafka.metrics import DEAD_LETTERS
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Stage
from schemas.topics import Topic, TopicSpec

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
_SHUTDOWN_MARGIN_S = 2.0
"""Part of the shutdown deadline that is left for leaving the group and closing the clients."""


async def handle_events(
    stage: Stage,
    settings: KafkaSettings,
    topic: Topic,
    make_handler: Callable[[AIOKafkaProducer], Awaitable[Handler]],
    *,
    concurrency: int = 1,
    retries: Retries | None = None,
) -> None:
    """Give each event of a topic to the handler, up to `concurrency` of them at the same time and in the order in which
    they came, until the stage is stopping; those in hand are finished first. A partition's committed offset is that of
    its oldest message in hand, so a slow one holds up no other and is never lost. The handler is made with a started
    producer for its results. Raises Unavailable if Kafka fails us for longer than the clients' own patience, and
    TooManyDeadLetters: the process then ends, and its successor begins at the first message not done with."""
    producer = make_producer(settings)
    try:
        await producer.start()

        async def bury(record: Record, reason: str) -> None:
            headers = record.headers if isinstance(record, ConsumerRecord) else ()
            await send_dead_letter(producer, settings, stage.name, record, reason, headers)
            DEAD_LETTERS.labels(topic.value.name).inc()

        delivery = Delivery(topic, await make_handler(producer), bury, stage.stopping, retries)
        await _consume(stage, settings, topic, delivery, concurrency)
    except KafkaError as error:
        raise Unavailable(
            f"Kafka at {settings.address} failed: {type(error).__name__}.",
            "Check that the broker runs (`rostrum doctor`) and that the topics exist (`rostrum topics`).",
        ) from error
    finally:
        await producer.stop()


async def _consume(stage: Stage, settings: KafkaSettings, topic: Topic, delivery: Delivery, concurrency: int) -> None:
    """Raises what broke the work: KafkaError, TooManyDeadLetters, or a fault of ours."""
    hands = Hands(delivery.deliver, settings.topic(topic), concurrency, stage.stopping)

    async def on_message(_body: bytes, message: KafkaMessage) -> None:
        record = message.raw_message
        assert isinstance(record, ConsumerRecord)  # noqa: S101 - a batch comes only to batch subscribers
        # FastStream takes the next message when this returns: at once, unless all hands are full.
        await hands.take(record, cast(Committer, message.consumer))

    graceful_s = max(0.5, stage.settings.shutdown_timeout_s - _SHUTDOWN_MARGIN_S)
    broker = make_broker(settings, graceful_s)
    subscribe = broker.subscriber(
        settings.topic(topic), listener=hands, **subscription(settings, topic.value, stage.name)
    )
    subscribe(on_message)
    async with _running(broker):
        stage.ready()
        stopping = asyncio.create_task(stage.stopping.wait())
        await asyncio.wait((stopping, hands.broken), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        # While the consumer is still in its group, so that what is finished now can be committed.
        await hands.finish(graceful_s)
    if hands.broken.done():
        hands.broken.result()


def make_broker(settings: KafkaSettings, graceful_s: float) -> KafkaBroker:
    """FastStream's broker for consuming only: results go out by our own producer. `graceful_s`: how long its own
    handler is waited for at the end."""
    return KafkaBroker(
        settings.address,
        security=_security(settings),
        retry_backoff_ms=connection(settings)["retry_backoff_ms"],
        consumer_only=True,
        graceful_timeout=graceful_s,
        parser=_without_headers,
        decoder=_raw_body,
        logger=_logger(),
    )


def subscription(settings: KafkaSettings, topic: TopicSpec, stage: str) -> dict[str, Any]:
    """The same promises as `make_consumer` gives, in FastStream's words."""
    return {
        "group_id": settings.group(stage),
        "ack_policy": AckPolicy.MANUAL,
        "no_reply": True,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed" if topic.read_committed else "read_uncommitted",
        "session_timeout_ms": 6000,
        "heartbeat_interval_ms": 1500,
        "max_partition_fetch_bytes": topic.max_message_bytes,
    }


@asynccontextmanager
async def _running(broker: KafkaBroker) -> AsyncIterator[None]:
    try:
        await broker.start()
        yield
    finally:
        await broker.stop()


def _security(settings: KafkaSettings) -> BaseSecurity | None:
    if settings.security_protocol == "PLAINTEXT":
        return None
    context = connection(settings).get("ssl_context")
    if settings.security_protocol == "SSL":
        return BaseSecurity(ssl_context=context)
    password = settings.sasl_password.get_secret_value()
    return _SASL[settings.sasl_mechanism](settings.sasl_username, password, ssl_context=context)


async def _without_headers(record: ConsumerRecord[bytes, bytes], parse: Any) -> Any:
    # Our events stand in the value alone, and a header that is not UTF-8 would fail FastStream's parser.
    message = await parse(replace(record, headers=()))
    # A dead letter keeps them.
    message.raw_message = record
    return message


async def _raw_body(message: Any) -> Any:
    return message.body


def _logger() -> Logger:
    # Its warnings (topics are not created by it; a member without partitions) are what we want of it.
    logger = getLogger("faststream.kafka")
    logger.setLevel(ERROR)
    return logger
