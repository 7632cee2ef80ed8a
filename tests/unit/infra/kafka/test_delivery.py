"""One message: handled, retried, or dead-lettered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import KafkaTimeoutError

from infra.backoff import ExponentialBackoff
from infra.errors import Unavailable, Unprocessable
from infra.kafka.dead_letter_limit import DeadLetterLimit, TooManyDeadLetters
from infra.kafka.dead_letters import KafkaRecord
from infra.kafka.delivery import Delivery, RetryPolicy
from schemas.base import Event
from schemas.sessions import SessionEnded, SessionStarted
from schemas.topics import Topic

AT_ONCE = RetryPolicy(max_attempts=3, backoff=ExponentialBackoff(initial_s=0.0))
STARTED = SessionStarted(
    event_id="e",
    at_ms=1,
    session_id="s",
    user_id="u",
    display_name="A secret name",
    org="",
    groups=(),
    mode="practice",
    competition=None,
    language="en",
    topic=None,
    question_count=10,
)


@dataclass(frozen=True)
class StubRecord:
    value: bytes | None
    topic: str = "session.events"
    partition: int = 0
    offset: int = 7
    timestamp: int = 1
    key: bytes | None = b"s"


@dataclass
class StubHandler:
    """Fails with each of `faults` in turn, then works."""

    faults: Sequence[Exception] = ()
    events: tuple[type[Event], ...] = (SessionStarted,)
    seen: list[Event] = field(default_factory=list)
    given_up: list[Event] = field(default_factory=list)
    fault_in_giving_up: Exception | None = None

    async def handle(self, event: Event) -> None:
        self.seen.append(event)
        if len(self.seen) <= len(self.faults):
            raise self.faults[len(self.seen) - 1]

    async def give_up(self, event: Event) -> None:
        self.given_up.append(event)
        if self.fault_in_giving_up:
            raise self.fault_in_giving_up


@dataclass
class StubDeadLetters:
    reasons: list[str] = field(default_factory=list)

    async def send(self, record: KafkaRecord, reason: str) -> None:
        assert record.offset == 7
        self.reasons.append(reason)


def unavailable() -> Unavailable:
    return Unavailable("It does not answer.", "Start it.")


async def deliver(
    handler: StubHandler, value: bytes | None = STARTED.encode(), *, stopping: bool = False
) -> tuple[bool, list[str]]:
    dead_letters, stop = StubDeadLetters(), asyncio.Event()
    if stopping:
        stop.set()
    delivery = Delivery(Topic.SESSION_EVENTS, handler, dead_letters.send, stop, AT_ONCE)
    return await delivery.deliver(StubRecord(value)), dead_letters.reasons


async def test_handled_at_once() -> None:
    handler = StubHandler()
    assert await deliver(handler) == (True, [])
    assert handler.seen == [STARTED]


async def test_retried_while_something_is_unavailable() -> None:
    handler = StubHandler([unavailable(), unavailable()])
    assert await deliver(handler) == (True, [])
    assert len(handler.seen) == 3
    assert handler.given_up == []


async def test_dead_lettered_when_it_stays_unavailable() -> None:
    handler = StubHandler([unavailable()] * 9)
    assert await deliver(handler) == (True, ["It does not answer."])
    assert len(handler.seen) == AT_ONCE.max_attempts
    assert handler.given_up == [STARTED]


async def test_dead_lettered_at_once_when_a_retry_would_not_help() -> None:
    handler = StubHandler([Unprocessable("It makes no sense.", "Mend it.")])
    assert await deliver(handler) == (True, ["It makes no sense."])
    assert len(handler.seen) == 1
    assert handler.given_up == [STARTED]


async def test_a_bug_in_the_handler_blocks_nothing_and_its_text_is_not_recorded() -> None:
    handler = StubHandler([KeyError("what somebody said")])
    assert await deliver(handler) == (True, ["KeyError in handle"])


async def test_a_message_is_dead_lettered_even_if_giving_up_fails() -> None:
    handler = StubHandler([Unprocessable("It makes no sense.", "Mend it.")], fault_in_giving_up=TypeError())
    assert await deliver(handler) == (True, ["It makes no sense."])


async def test_giving_up_fails_with_kafka() -> None:
    handler = StubHandler([Unprocessable("It makes no sense.", "Mend it.")], fault_in_giving_up=KafkaTimeoutError())
    with pytest.raises(KafkaTimeoutError):
        await deliver(handler)


@pytest.mark.parametrize("value", [None, b"", b"{", b'{"type": "other"}', b'{"type": "session_started"}', b"123"])
async def test_a_value_that_is_not_an_event_is_dead_lettered_unseen(value: bytes | None) -> None:
    handler = StubHandler()
    done, [reason] = await deliver(handler, value)
    assert done
    assert reason.startswith("not an event of session.events: ")
    assert (handler.seen, handler.given_up) == ([], [])


async def test_the_reason_names_the_fields_and_not_their_values() -> None:
    value = STARTED.encode().replace(b'"question_count":10', b'"question_count":"A secret name"')
    _, [reason] = await deliver(StubHandler(), value)
    assert "question_count" in reason
    assert "secret" not in reason


async def test_kafkas_own_failure_is_not_blamed_on_the_message() -> None:
    handler = StubHandler([KafkaTimeoutError()])
    with pytest.raises(KafkaTimeoutError):
        await deliver(handler)
    assert handler.given_up == []


async def test_a_stopping_stage_leaves_a_failing_message_uncommitted() -> None:
    handler = StubHandler([unavailable()] * 9)
    assert await deliver(handler, stopping=True) == (False, [])
    assert len(handler.seen) == 1


async def test_other_events_of_the_topic_are_skipped() -> None:
    handler = StubHandler(events=(SessionEnded,))
    assert await deliver(handler) == (True, [])
    assert handler.seen == []


@pytest.mark.usefixtures("virtual_time")
async def test_a_message_that_takes_too_long_is_given_up() -> None:
    class Slow(StubHandler):
        async def handle(self, event: Event) -> None:
            await super().handle(event)
            await asyncio.sleep(30)

    dead_letters, handler = StubDeadLetters(), Slow()
    policy = RetryPolicy(deadline_s=0.05)
    delivery = Delivery(Topic.SESSION_EVENTS, handler, dead_letters.send, asyncio.Event(), policy)
    assert await delivery.deliver(StubRecord(STARTED.encode()))
    assert dead_letters.reasons == ["not done within 0.05 s"]
    assert handler.given_up == [STARTED]


@pytest.mark.usefixtures("virtual_time")
async def test_the_deadline_bounds_all_attempts_together() -> None:
    dead_letters, handler = StubDeadLetters(), StubHandler([unavailable()] * 99)
    policy = RetryPolicy(99, ExponentialBackoff(initial_s=0.02, max_s=0.02, jitter=0.0), deadline_s=0.1)
    delivery = Delivery(Topic.SESSION_EVENTS, handler, dead_letters.send, asyncio.Event(), policy)
    assert await delivery.deliver(StubRecord(STARTED.encode()))
    assert dead_letters.reasons == ["not done within 0.1 s"]
    assert len(handler.seen) in (5, 6)


async def test_when_nothing_can_be_handled_the_stage_stops_and_dead_letters_no_more() -> None:
    dead_letters, handler = StubDeadLetters(), StubHandler([KeyError()] * 9)
    delivery = Delivery(
        Topic.SESSION_EVENTS, handler, dead_letters.send, asyncio.Event(), AT_ONCE, DeadLetterLimit(max_consecutive=3)
    )
    for _ in range(2):
        assert await delivery.deliver(StubRecord(STARTED.encode()))
    with pytest.raises(TooManyDeadLetters, match="KeyError in handle"):
        await delivery.deliver(StubRecord(STARTED.encode()))
    assert len(dead_letters.reasons) == len(handler.given_up) == 2


async def test_a_service_that_asks_for_a_delay_gets_it() -> None:
    slept: list[float] = []

    class Watched(Delivery):
        async def _pause(self, delay_s: float) -> None:
            slept.append(delay_s)

    handler = StubHandler([Unavailable("Busy.", "Wait.", retry_after_s=7.0), unavailable()])
    policy = RetryPolicy(backoff=ExponentialBackoff(initial_s=0.5, jitter=0.0))
    await Watched(Topic.SESSION_EVENTS, handler, StubDeadLetters().send, asyncio.Event(), policy).deliver(
        StubRecord(STARTED.encode())
    )
    assert slept == [7.0, 1.0]


async def test_delays_grow_and_are_bounded() -> None:
    slept: list[float] = []

    class Watched(Delivery):
        async def _pause(self, delay_s: float) -> None:
            slept.append(delay_s)

    policy = RetryPolicy(6, ExponentialBackoff(initial_s=0.5, max_s=3.0, jitter=0.0))
    dead_letters = StubDeadLetters()
    handler = StubHandler([unavailable()] * 9)
    await Watched(Topic.SESSION_EVENTS, handler, dead_letters.send, asyncio.Event(), policy).deliver(
        StubRecord(STARTED.encode())
    )
    assert slept == [0.5, 1.0, 2.0, 3.0, 3.0]
