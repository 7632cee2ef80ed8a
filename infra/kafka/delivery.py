"""What happens to one message: parsed, handled, tried again, or put with the dead letters."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from infra.errors import Unavailable, Unprocessable
from infra.kafka.dead_letter_limit import DeadLetterLimit, TooManyDeadLetters
from infra.kafka.dead_letters import Record
from infra.telemetry import get_logger
from schemas.base import Event, SessionEvent
from schemas.topics import Topic, parse_event


class Handler(Protocol):
    """A stage's work on one topic. Both methods may be called again for an event they have seen, and for several events
    at the same time."""

    @property
    def events(self) -> tuple[type[Event], ...]:
        """What it works on; the topic's other events are passed over."""
        ...

    async def handle(self, event: Event) -> None:
        """When it returns, the event is done with. Raises Unavailable to be called again later, Unprocessable if that
        would not help, KafkaError if its own results could not be written."""
        ...

    async def give_up(self, event: Event) -> None:
        """The event goes to the dead letters: tell whoever waits for it. Raises KafkaError."""
        ...


Bury = Callable[[Record, str], Awaitable[None]]
"""Puts a record with the dead letters, with the reason; returns once the broker holds it."""


@dataclass(frozen=True)
class Retries:
    """How often a message is tried, and the pauses between: `first_s`, doubled each time up to `longest_s`, or what the
    other side asked for if that is more; with up to `jitter_s` added so that many processes do not come back at once.
    `deadline_s` bounds all of it together."""

    attempts: int = 5
    first_s: float = 0.5
    longest_s: float = 8.0
    jitter_s: float = 0.25
    deadline_s: float = 240.0


class _Stopping(Exception):
    """The stage is stopping; the message stays where it is for its successor."""


class Delivery:
    """Takes each record to its end. Only KafkaError and TooManyDeadLetters leave it: then the stage must stop, and the
    record is not done with."""

    def __init__(
        self,
        topic: Topic,
        handler: Handler,
        bury: Bury,
        stopping: asyncio.Event,
        retries: Retries | None = None,
        limit: DeadLetterLimit | None = None,
    ) -> None:
        self._topic = topic
        self._handler = handler
        self._bury = bury
        self._stopping = stopping
        self._retries = retries or Retries()
        self._limit = limit or DeadLetterLimit()

    async def deliver(self, record: Record) -> bool:
        """True if the record is done with, handled or buried; False if the stage stopped before it was."""
        try:
            event = parse_event(self._topic, record.value or b"")
        except ValueError as error:
            await self._divert(record, None, f"not an event of {self._topic.value.name}: {_faults(error)}")
            return True
        if not isinstance(event, self._handler.events):
            return True
        session = event.session_id if isinstance(event, SessionEvent) else None
        with structlog.contextvars.bound_contextvars(session_id=session):
            try:
                reason = await self._fault(event)
            except _Stopping:
                return False
            if reason is None:
                self._limit.handled()
            else:
                await self._divert(record, event, reason)
        return True

    async def _fault(self, event: Event) -> str | None:
        """Why the event could not be handled, or None if it was. Raises KafkaError, _Stopping."""
        try:
            async with asyncio.timeout(self._retries.deadline_s) as deadline:
                await self._try(event)
        except (KafkaError, _Stopping):
            raise
        except (Unavailable, Unprocessable) as error:
            return error.message
        except Exception as error:  # noqa: BLE001 - a fault in a handler must not keep all later messages waiting
            if deadline.expired():
                return f"not done within {self._retries.deadline_s:g} s"
            return _told(error)
        return None

    async def _try(self, event: Event) -> None:
        policy = self._retries
        backoff = wait_exponential(policy.first_s, policy.longest_s)
        jitter = wait_random(0, policy.jitter_s)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked_for = error.retry_after_s if isinstance(error, Unavailable) else None
            return max(backoff(state), asked_for or 0.0) + jitter(state)

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Unavailable),
            stop=stop_after_attempt(policy.attempts),
            wait=wait,
            sleep=self._pause,
            reraise=True,
        )
        await retrying(self._handler.handle, event)

    async def _pause(self, delay_s: float) -> None:
        get_logger("delivery").warning("will try again", delay_s=round(delay_s, 2))
        try:
            async with asyncio.timeout(delay_s):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise _Stopping

    async def _divert(self, record: Record, event: Event | None, reason: str) -> None:
        try:
            self._limit.diverting(reason)
        except TooManyDeadLetters:
            get_logger("delivery").error("the limit of dead letters is reached", offset=record.offset, reason=reason)
            raise
        if event is not None:
            await self._give_up(event)
        await self._bury(record, reason)

    async def _give_up(self, event: Event) -> None:
        try:
            await self._handler.give_up(event)
        except KafkaError:
            raise
        except Exception as error:  # noqa: BLE001 - as above: the message must still be buried
            _told(error)


def _told(error: Exception) -> str:
    """A fault of ours in words, and in the log: its kind and place, for its own text may hold what somebody said."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    get_logger("delivery").error("handler failed", error=type(error).__name__, places=places)
    return f"{type(error).__name__} in {frames[-1].name}"


def _faults(error: ValueError) -> str:
    """What is wrong with a value, without the value."""
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'value'}: {fault['msg']}" for fault in faults[:5])
