"""FastStream for the stages that handle event by event.

This file replaces the defaults of FastStream that do not suit these stages (all seen in its 0.7 source): it commits
before the handler runs (ACK_FIRST), reads uncommitted records and from the latest offset, guesses the format of bytes,
decodes every header as UTF-8, and continues with the next message after an exception in a handler. Its `ack` commits
the consumer's position, which is past messages that are still in flight: it is never called here. Offsets are committed
through the consumer that each message carries (`concurrency.py`).
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
from infra.kafka.clients import connection_options, make_producer
from infra.kafka.concurrency import Committer, ConcurrentProcessor
from infra.kafka.dead_letters import KafkaRecord, send_dead_letter
from infra.kafka.delivery import Delivery, Handler, RetryPolicy
from infra.kafka.metrics import DEAD_LETTERS
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Stage
from schemas.topics import Topic, TopicSpec

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
_SHUTDOWN_MARGIN_S = 2.0
"""Part of the shutdown deadline reserved for leaving the group and closing the clients."""


async def handle_events(
    stage: Stage,
    settings: KafkaSettings,
    topic: Topic,
    make_handler: Callable[[AIOKafkaProducer], Awaitable[Handler]],
    *,
    concurrency: int = 1,
    retry_policy: RetryPolicy | None = None,
) -> None:
    """Pass each event of a topic to the handler, in order and up to `concurrency` at the same time, until the stage is
    stopping; messages in flight are completed first. A partition's committed offset is that of its oldest message in
    flight, so a slow message holds up no other and is never lost. `make_handler` gets a started producer for the
    handler's results. Raises Unavailable if Kafka fails for longer than the clients' own timeouts, and
    TooManyDeadLetters: the process then ends, and the next one starts at the first message that is not completed."""
    producer = make_producer(settings)
    try:
        await producer.start()

        async def dead_letter(record: KafkaRecord, reason: str) -> None:
            headers = record.headers if isinstance(record, ConsumerRecord) else ()
            await send_dead_letter(producer, settings, stage.name, record, reason, headers)
            DEAD_LETTERS.labels(topic.value.name).inc()

        delivery = Delivery(topic, await make_handler(producer), dead_letter, stage.stopping, retry_policy)
        await _consume(stage, settings, topic, delivery, concurrency)
    except KafkaError as error:
        raise Unavailable(
            f"Kafka at {settings.address} failed: {type(error).__name__}.",
            "Check that the broker runs (`rostrum doctor`) and that the topics exist (`rostrum topics`).",
        ) from error
    finally:
        await producer.stop()


async def _consume(stage: Stage, settings: KafkaSettings, topic: Topic, delivery: Delivery, concurrency: int) -> None:
    """Raises what ended the processing: KafkaError, TooManyDeadLetters, or a bug's own exception."""
    processor = ConcurrentProcessor(delivery.deliver, settings.topic(topic), concurrency, stage.stopping)

    async def on_message(_body: bytes, message: KafkaMessage) -> None:
        record = message.raw_message
        assert isinstance(record, ConsumerRecord)  # noqa: S101 - a batch comes only to batch subscribers
        # FastStream fetches the next message when this returns: at once, unless all slots are taken.
        await processor.submit(record, cast(Committer, message.consumer))

    graceful_s = max(0.5, stage.settings.shutdown_timeout_s - _SHUTDOWN_MARGIN_S)
    broker = make_broker(settings, graceful_s)
    subscribe = broker.subscriber(
        settings.topic(topic), listener=processor, **subscription(settings, topic.value, stage.name)
    )
    subscribe(on_message)
    async with _running(broker):
        stage.ready()
        stopping = asyncio.create_task(stage.stopping.wait())
        await asyncio.wait((stopping, processor.failed), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        # While the consumer is still in its group, so that what is completed now can be committed.
        await processor.drain(graceful_s)
    if processor.failed.done():
        processor.failed.result()


def make_broker(settings: KafkaSettings, graceful_s: float) -> KafkaBroker:
    """FastStream's broker for consuming only: results are sent by a producer from `clients.py`. `graceful_s`: how long
    it waits for its own handler when it stops."""
    return KafkaBroker(
        settings.address,
        security=_security(settings),
        retry_backoff_ms=connection_options(settings)["retry_backoff_ms"],
        consumer_only=True,
        graceful_timeout=graceful_s,
        parser=_without_headers,
        decoder=_raw_body,
        logger=_logger(),
    )


def subscription(settings: KafkaSettings, topic: TopicSpec, stage: str) -> dict[str, Any]:
    """The same guarantees as `make_consumer` gives, as FastStream's options."""
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
    context = connection_options(settings).get("ssl_context")
    if settings.security_protocol == "SSL":
        return BaseSecurity(ssl_context=context)
    password = settings.sasl_password.get_secret_value()
    return _SASL[settings.sasl_mechanism](settings.sasl_username, password, ssl_context=context)


async def _without_headers(record: ConsumerRecord[bytes, bytes], parse: Any) -> Any:
    # Events are in the value alone, and a header that is not UTF-8 would fail in FastStream's parser.
    message = await parse(replace(record, headers=()))
    # A dead letter keeps the headers.
    message.raw_message = record
    return message


async def _raw_body(message: Any) -> Any:
    return message.body


def _logger() -> Logger:
    # Its warnings are about intended behaviour: it creates no topics, and a member may have no partitions.
    logger = getLogger("faststream.kafka")
    logger.setLevel(ERROR)
    return logger
