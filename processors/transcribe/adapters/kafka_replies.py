"""Replies, which no transaction contains: a transaction that hung would keep every client of an edge waiting."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from infra.kafka.replies import has_replies_partition
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from processors.transcribe.adapters.retrying_producer import Message, RetryingProducer
from processors.transcribe.core.session.output import AddressedReply
from schemas.topics import Topic

_LOG = get_logger(__name__)
_MAX_BEST_EFFORT = 2000
"""Best-effort replies that may wait for the broker. They are soon outdated, so the oldest make room."""


class KafkaReplyPublisher:
    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._retrying = RetryingProducer(producer)
        self._settings = settings
        self._best_effort: deque[AddressedReply] = deque(maxlen=_MAX_BEST_EFFORT)
        self._has_best_effort = asyncio.Event()

    def send_best_effort(self, replies: Iterable[AddressedReply]) -> None:
        """Replies that are soon outdated: they are sent when possible, and dropped if not."""
        self._best_effort.extend(replies)
        self._has_best_effort.set()

    async def run(self) -> None:
        """Sends the best-effort replies, until cancelled."""
        while True:
            await self._has_best_effort.wait()
            self._has_best_effort.clear()
            while self._best_effort:
                await self._try_once(self._best_effort.popleft())

    async def _try_once(self, addressed: AddressedReply) -> None:
        try:
            if not await self._has_partition(addressed):
                return
        except KafkaError as error:
            _LOG.warning("best-effort reply dropped", error=type(error).__name__)
            return
        accepted = await self._retrying.enqueue(self._message(addressed))
        asyncio.ensure_future(accepted).add_done_callback(_log_if_dropped)

    async def send(self, replies: Sequence[AddressedReply]) -> None:
        """Returns once the broker holds them all, in this order."""
        await self._retrying.send([self._message(each) for each in replies if await self._has_partition(each)])

    def _message(self, addressed: AddressedReply) -> Message:
        reply = addressed.reply
        return Message(
            self._settings.topic(Topic.REPLIES), reply.session_id.encode(), reply.encode(), addressed.reply_to
        )

    async def _has_partition(self, addressed: AddressedReply) -> bool:
        known = await has_replies_partition(self._producer, self._settings, addressed.reply_to)
        if not known:
            _LOG.error(
                "reply dropped: its partition does not exist",
                session_id=addressed.reply.session_id,
                partition=addressed.reply_to,
            )
        return known


def _log_if_dropped(accepted: asyncio.Future[object]) -> None:
    if not accepted.cancelled() and (error := accepted.exception()) is not None:
        _LOG.warning("best-effort reply dropped", error=type(error).__name__)
