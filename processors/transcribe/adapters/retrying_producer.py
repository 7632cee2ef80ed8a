"""Writes until the broker has accepted.

While the broker is unavailable, writing waits: the log keeps what there is to do, and writing an event twice changes
nothing, for its id identifies it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from infra.telemetry import get_logger

_LOG = get_logger(__name__)
_RETRY_S = 1.0


@dataclass(frozen=True)
class Message:
    topic: str
    key: bytes
    value: bytes
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class RetryingProducer:
    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send(self, messages: Sequence[Message]) -> None:
        """Returns once the broker holds them all, in order. A message that is not accepted is sent again, with all that
        follow it. Raises KafkaError if the broker will never accept one."""
        while messages:
            done = await self._send_once(messages)
            messages = messages[done:]

    async def _send_once(self, messages: Sequence[Message]) -> int:
        """How many of the messages, counted from the first, are done with."""
        results = await asyncio.gather(*[await self.enqueue(each) for each in messages], return_exceptions=True)
        for done, (message, result) in enumerate(zip(messages, results, strict=True)):
            if isinstance(result, MessageSizeTooLargeError):
                # It would be rejected for ever, and must not block the others.
                _LOG.error("message dropped: too large for the broker", topic=message.topic, bytes=len(message.value))
            elif isinstance(result, BaseException):
                await _wait_or_raise(result)
                return done
        return len(messages)

    async def enqueue(self, message: Message) -> Awaitable[object]:
        """Takes the message; what it returns is done once the broker holds it, or fails with a KafkaError."""
        try:
            accepted: Awaitable[object] = await self._producer.send(
                message.topic,
                message.value,
                key=message.key,
                partition=message.partition,
                headers=list(message.headers),
            )
        except KafkaError as error:
            return _failed(error)
        return accepted


async def retried(attempt: Callable[[], Awaitable[None]]) -> None:
    """Try until the broker accepts. Raises KafkaError if it never will."""
    while True:
        try:
            return await attempt()
        except KafkaError as error:
            await _wait_or_raise(error)


def _failed(error: KafkaError) -> Awaitable[object]:
    future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future


async def _wait_or_raise(error: BaseException) -> None:
    """Pause if the broker may accept the same message later. aiokafka calls its own timeouts final; here they are an
    outage that continues."""
    if not isinstance(error, KafkaTimeoutError) and not getattr(error, "retriable", False):
        raise error
    _LOG.warning("message not accepted, retrying", error=type(error).__name__)
    await asyncio.sleep(_RETRY_S)
