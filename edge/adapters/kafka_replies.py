"""This edge's own partition of `replies`, by aiokafka."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import chain

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from edge import metrics
from infra.errors import Unavailable
from infra.kafka.clients import make_consumer
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import ensure_replies_partition
from infra.telemetry import get_logger
from schemas.replies import Reply
from schemas.topics import Topic
from schemas.validation import describe_faults

_RETRY_S = 1.0
_WAIT_MS = 1000
_LINGER_S = 0.02
"""Replies that arrive within this time of others are fetched together with those that follow: a request to the broker
costs more than a reply does. One that arrives after a pause does not wait."""

_log = get_logger("edge.replies")


class KafkaReplyConsumer:
    """`edge.ports.ReplyConsumer`. Keeps reading through broker failures, so that clients stay connected."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def for_sessions(self, is_connected: Callable[[str], bool]) -> AsyncIterator[Reply]:
        while True:
            try:
                fetched = await self._consumer.getmany(timeout_ms=_WAIT_MS)
            except KafkaError as error:
                _log.warning("replies not fetched, retrying", reason=repr(error), after_s=_RETRY_S)
                await asyncio.sleep(_RETRY_S)
                continue
            for record in chain.from_iterable(fetched.values()):
                reply = _parse(record, is_connected)
                if reply is not None:
                    yield reply
            await asyncio.sleep(_LINGER_S)


def _parse(record: ConsumerRecord, is_connected: Callable[[str], bool]) -> Reply | None:
    session_id = (record.key or b"").decode(errors="replace")
    if not is_connected(session_id):
        return None  # Its client has left: not worth parsing.
    try:
        return Reply.model_validate_json(record.value or b"")
    except ValidationError as error:
        # No fact is lost with it, and the next one may be valid.
        metrics.REPLIES_INVALID.inc()
        _log.error("reply dropped", session_id=session_id, offset=record.offset, reason=describe_faults(error))
        return None


@asynccontextmanager
async def kafka_reply_consumer(settings: KafkaSettings, ordinal: int) -> AsyncIterator[KafkaReplyConsumer]:
    """Consumes replies sent from now on. Raises Unavailable if no broker answers."""
    await ensure_replies_partition(settings, ordinal)
    # Uncommitted by default of `make_consumer` for this topic: a hung transaction must not hold up any client.
    consumer = make_consumer(settings, Topic.REPLIES, stage=None)
    partition = TopicPartition(settings.topic(Topic.REPLIES), ordinal)
    try:
        await consumer.start()
        consumer.assign([partition])
        # `seek_to_end` would look up the end only at the first fetch, when a client's replies may be there already.
        ends = await consumer.end_offsets([partition])
        consumer.seek(partition, ends[partition])
    except KafkaError as error:
        await consumer.stop()
        raise Unavailable(
            f"Kafka at {settings.address} does not answer ({error}).", "Start it, or set KAFKA_BOOTSTRAP."
        ) from error
    try:
        yield KafkaReplyConsumer(consumer)
    finally:
        await consumer.stop()
