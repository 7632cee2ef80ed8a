"""Replies, dead letters and idle ends: what no transaction holds. One that hung would keep every speaker of an edge
waiting."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from infra.clock import Clock
from infra.kafka.dead_letters import send_dead_letter
from infra.kafka.headers import LogHeaders
from infra.kafka.replies import has_replies_partition
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from processors.transcribe.core.session.idle import OpenSession
from processors.transcribe.core.session.output import AddressedReply, RejectedRecord
from schemas.base import derived_id
from schemas.sessions import EndCause, RecordKind, SessionEnded
from schemas.topics import Topic

_LOG = get_logger(__name__)
_STAGE = "transcribe"
_AGAIN_S = 1.0
_MOST_SHOWN = 2000
"""Replies of the moment that may wait for the broker. What they show is soon outdated, so the oldest make room."""


@dataclass(frozen=True)
class _Message:
    topic: str
    key: bytes
    value: bytes
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True)
class _SourceRecord:
    """A rejected record, as the dead letters' writer wants it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class KafkaReplyPublisher:
    """Writes until the broker has accepted. While it is away, writing waits: the log keeps what is to be done, and to
    write something again changes nothing, for every event's id says which one it is."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings, clock: Clock) -> None:
        self._producer = producer
        self._settings = settings
        self._clock = clock
        self._shown: deque[AddressedReply] = deque(maxlen=_MOST_SHOWN)
        self._something_shown = asyncio.Event()

    def show(self, replies: Iterable[AddressedReply]) -> None:
        """Replies of the moment, to go out when they can and be forgotten if they cannot."""
        self._shown.extend(replies)
        self._something_shown.set()

    async def keep_showing(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._something_shown.wait()
            self._something_shown.clear()
            while self._shown:
                await self._show(self._shown.popleft())

    async def _show(self, addressed: AddressedReply) -> None:
        try:
            if not await self._has_partition(addressed):
                return
        except KafkaError as error:
            _LOG.warning("a reply of the moment was not sent", error=type(error).__name__)
            return
        accepted = await self._enqueue(self._reply(addressed))
        asyncio.ensure_future(accepted).add_done_callback(_note_if_lost)

    async def tell(self, replies: Sequence[AddressedReply]) -> None:
        """Returns once the broker holds them all, in this order."""
        await self._send([self._reply(each) for each in replies if await self._has_partition(each)])

    async def bury(self, letters: Iterable[RejectedRecord]) -> None:
        """Returns once the broker holds them all."""
        for letter in letters:
            await self._bury(letter)

    async def append_end(self, session: OpenSession) -> None:
        ended = SessionEnded(
            event_id=derived_id(session.session_id, "idle end", session.last_offset),
            at_ms=self._clock.now_ms(),
            session_id=session.session_id,
            cause=EndCause.IDLE,
            last_offset=session.last_offset,
        )
        _LOG.info("client is gone", session_id=session.session_id)
        await self._send(
            [
                _Message(
                    self._settings.topic(Topic.AUDIO_FRAMES),
                    session.session_id.encode(),
                    ended.encode(),
                    session.partition,
                    LogHeaders(RecordKind.END).encode(),
                )
            ]
        )

    def _reply(self, addressed: AddressedReply) -> _Message:
        reply = addressed.reply
        return _Message(
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

    async def _bury(self, letter: RejectedRecord) -> None:
        source = _SourceRecord(
            self._settings.topic(Topic.AUDIO_FRAMES),
            letter.partition,
            letter.offset,
            letter.timestamp_ms,
            letter.key,
            letter.value,
        )
        while True:
            try:
                return await send_dead_letter(self._producer, self._settings, _STAGE, source, letter.reason)
            except KafkaError as error:
                await _wait_or_raise(error)

    async def _send(self, messages: Sequence[_Message]) -> None:
        """In order; what is not accepted is sent again, with all that followed it."""
        while messages:
            accepted = await self._offer(messages)
            messages = messages[accepted:]

    async def _offer(self, messages: Sequence[_Message]) -> int:
        """How many of the messages, counted from the first, are done with."""
        results = await asyncio.gather(*[await self._enqueue(each) for each in messages], return_exceptions=True)
        for done, (message, result) in enumerate(zip(messages, results, strict=True)):
            if isinstance(result, MessageSizeTooLargeError):
                # It would be refused for ever. Nothing else may wait for it.
                _LOG.error("too large for the broker", topic=message.topic, bytes=len(message.value))
            elif isinstance(result, BaseException):
                await _wait_or_raise(result)
                return done
        return len(messages)

    async def _enqueue(self, message: _Message) -> Awaitable[object]:
        try:
            accepted: Awaitable[object] = await self._producer.send(
                message.topic,
                message.value,
                key=message.key,
                partition=message.partition,
                headers=list(message.headers),
            )
        except KafkaError as error:
            return _failure(error)
        return accepted


def _note_if_lost(accepted: asyncio.Future[object]) -> None:
    if not accepted.cancelled() and (error := accepted.exception()) is not None:
        _LOG.warning("a reply of the moment was not accepted", error=type(error).__name__)


def _failure(error: KafkaError) -> Awaitable[object]:
    future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future


async def _wait_or_raise(error: BaseException) -> None:
    """Pause if the broker may take the same message later. aiokafka calls its own timeouts final; they are an outage
    that lasts."""
    if not isinstance(error, KafkaTimeoutError) and not getattr(error, "retriable", False):
        raise error
    _LOG.warning("the broker does not accept, trying again", error=type(error).__name__)
    await asyncio.sleep(_AGAIN_S)
