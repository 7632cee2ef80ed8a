"""What happens to one message: it is parsed and handled, retried, or dead-lettered."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from infra.backoff import ExponentialBackoff
from infra.errors import Unavailable, Unprocessable
from infra.kafka.dead_letter_limit import DeadLetterLimit, TooManyDeadLetters
from infra.kafka.dead_letters import KafkaRecord
from infra.telemetry import get_logger
from schemas.base import Event, SessionEvent
from schemas.topics import Topic, parse_event
from schemas.validation import describe_faults


class Handler(Protocol):
    """A stage's work on one topic. Both methods may be called again for an event they have already seen, and for
    several events concurrently."""

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events it handles; the topic's other events are skipped."""
        ...

    async def handle(self, event: Event) -> None:
        """When it returns, the event is completed. Raises Unavailable to be called again later, Unprocessable if that
        would not help, KafkaError if its own results could not be written."""
        ...

    async def give_up(self, event: Event) -> None:
        """The event is about to be dead-lettered: notify the client that waits for it. Raises KafkaError."""
        ...


SendDeadLetter = Callable[[KafkaRecord, str], Awaitable[None]]
"""Dead-letters a record for the given reason; returns once the broker holds the dead letter."""


@dataclass(frozen=True)
class RetryPolicy:
    max_attempts: int = 5
    backoff: ExponentialBackoff = field(default_factory=ExponentialBackoff)
    deadline_s: float = 240.0
    """For all attempts together."""


class _Stopping(Exception):
    """The stage is stopping; the message stays uncommitted for the partition's next owner."""


class Delivery:
    """Processes each record completely. Only KafkaError and TooManyDeadLetters leave it: the stage must then stop, and
    the record is not completed."""

    def __init__(
        self,
        topic: Topic,
        handler: Handler,
        dead_letter: SendDeadLetter,
        stopping: asyncio.Event,
        retry_policy: RetryPolicy | None = None,
        limit: DeadLetterLimit | None = None,
    ) -> None:
        self._topic = topic
        self._handler = handler
        self._dead_letter = dead_letter
        self._stopping = stopping
        self._retry_policy = retry_policy or RetryPolicy()
        self._limit = limit or DeadLetterLimit()

    async def deliver(self, record: KafkaRecord) -> bool:
        """True if the record is completed: handled, skipped or dead-lettered. False if the stage stopped first."""
        try:
            event = parse_event(self._topic, record.value or b"")
        except ValueError as error:
            faults = describe_faults(error) if isinstance(error, ValidationError) else str(error)
            await self._divert(record, None, f"not an event of {self._topic.value.name}: {faults}")
            return True
        if not isinstance(event, self._handler.events):
            return True
        session = event.session_id if isinstance(event, SessionEvent) else None
        with structlog.contextvars.bound_contextvars(session_id=session):
            try:
                reason = await self._handle(event)
            except _Stopping:
                return False
            if reason is None:
                self._limit.handled()
            else:
                await self._divert(record, event, reason)
        return True

    async def _handle(self, event: Event) -> str | None:
        """Why the event could not be handled, or None if it was. Raises KafkaError, _Stopping."""
        try:
            async with asyncio.timeout(self._retry_policy.deadline_s) as deadline:
                await self._attempt(event)
        except (KafkaError, _Stopping):
            raise
        except (Unavailable, Unprocessable) as error:
            return error.message
        except Exception as error:  # noqa: BLE001 - a bug in a handler must not hold up all later messages
            if deadline.expired():
                return f"not done within {self._retry_policy.deadline_s:g} s"
            return _log_failure(error)
        return None

    async def _attempt(self, event: Event) -> None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Unavailable),
            stop=stop_after_attempt(self._retry_policy.max_attempts),
            wait=self._retry_policy.backoff,
            sleep=self._pause,
            reraise=True,
        )
        await retrying(self._handler.handle, event)

    async def _pause(self, delay_s: float) -> None:
        get_logger("delivery").warning("retry scheduled", delay_s=round(delay_s, 2))
        try:
            async with asyncio.timeout(delay_s):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise _Stopping

    async def _divert(self, record: KafkaRecord, event: Event | None, reason: str) -> None:
        try:
            self._limit.dead_lettering(reason)
        except TooManyDeadLetters:
            get_logger("delivery").error("dead-letter limit reached", offset=record.offset, reason=reason)
            raise
        if event is not None:
            await self._give_up(event)
        await self._dead_letter(record, reason)

    async def _give_up(self, event: Event) -> None:
        try:
            await self._handler.give_up(event)
        except KafkaError:
            raise
        except Exception as error:  # noqa: BLE001 - as above: the message must still be dead-lettered
            _log_failure(error)


def _log_failure(error: Exception) -> str:
    """Log a bug in a handler, and describe it: only its type and where it was raised, since its text may contain
    transcript."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    get_logger("delivery").error("handler failed", error=type(error).__name__, places=places)
    return f"{type(error).__name__} in {frames[-1].name}"
