"""In which order things are written, and what a broker that refuses leads to."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from infra.clock import SystemClock
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters import outbox as outbox_module
from processors.transcribe.adapters.outbox import KafkaOutbox
from processors.transcribe.core.idle import OpenSession
from processors.transcribe.core.output import Output, Rejected
from schemas.sessions import EndCause, SessionEnded
from tests.support.transcribe_core import Script, TruthfulRecogniser, play, started, words
from tests.support.transcribe_log import session_ended

KAFKA = KafkaSettings(prefix="t.")


class Broker:
    """Stands where aiokafka's producer is. `refuse` gives the errors for a topic's next messages, the newest last."""

    def __init__(self, *, has_partition_3: bool = True, **refuse: list[KafkaError]) -> None:
        self.refuse = {name.replace("_", "."): errors for name, errors in refuse.items()}
        self.accepted: list[tuple[str, int | None]] = []
        self.values: list[bytes] = []
        self.partitions = {0, 1}
        self.unheard_of = {3} if has_partition_3 else set()
        self.client = SimpleNamespace(force_metadata_update=self._look_again)

    async def _look_again(self) -> None:
        self.partitions |= self.unheard_of

    async def partitions_for(self, _topic: str) -> set[int]:
        return self.partitions

    async def send(self, topic: str, value: bytes, *, partition: int | None, **_: object) -> "asyncio.Future[None]":
        name = topic.removeprefix("t.")
        errors = self.refuse.get(name, [])
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if errors:
            future.set_exception(errors.pop(0))
        else:
            future.set_result(None)
            self.accepted.append((name, partition))
            self.values.append(value)
        return future

    async def send_and_wait(self, topic: str, value: bytes, **_: object) -> None:
        await (await self.send(topic, value, partition=None))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "_AGAIN_S", 0)


@pytest.fixture
def output() -> Output:
    """A session's whole output: one final, its count, the end; and the replies to partition 3."""
    script = Script(partition=2)
    stream, _ = started(script)
    log = [*(script.frame() for _ in range(3)), script.record(session_ended("s-1"))]
    return play(stream, log, TruthfulRecogniser(words("good morning")))[1]


def outbox(broker: Broker) -> KafkaOutbox:
    return KafkaOutbox(broker, KAFKA, SystemClock())


FACTS: list[tuple[str, int | None]] = [("transcripts", 2), ("word.counts", None), ("transcripts", 2)]
REPLIES: list[tuple[str, int | None]] = [("replies", 3), ("replies", 3)]


async def test_facts_go_out_before_the_replies_that_tell_of_them(output: Output) -> None:
    broker = Broker()
    await outbox(broker).publish(output)
    assert broker.accepted == FACTS + REPLIES


async def test_a_dead_letter_goes_out_first(output: Output) -> None:
    broker = Broker(dead_letters=[KafkaTimeoutError()])
    letter = Rejected(0, 1, 0, b"s-1", None, "unreadable")
    await outbox(broker).publish(Output(rejected=(letter,), facts=output.facts))
    assert broker.accepted == [("dead.letters", None), *FACTS]


async def test_what_is_not_accepted_is_written_again_with_all_behind_it(output: Output) -> None:
    broker = Broker(word_counts=[KafkaTimeoutError()])
    await outbox(broker).publish(output)
    assert broker.accepted == [FACTS[0], FACTS[2], FACTS[1], FACTS[2], *REPLIES]


async def test_a_message_too_large_holds_nothing_up(output: Output) -> None:
    broker = Broker(transcripts=[MessageSizeTooLargeError()])
    await outbox(broker).publish(output)
    assert broker.accepted == FACTS[1:] + REPLIES


async def test_what_will_never_be_accepted_stops_the_process(output: Output) -> None:
    broker = Broker(transcripts=[TopicAuthorizationFailedError()])
    with pytest.raises(TopicAuthorizationFailedError):
        await outbox(broker).publish(output)
    assert REPLIES[0] not in broker.accepted


async def test_a_reply_to_a_partition_that_never_was_is_dropped(output: Output) -> None:
    broker = Broker(has_partition_3=False)
    await outbox(broker).publish(output)
    assert broker.accepted == FACTS


async def test_an_idle_end_is_written_to_the_sessions_own_partition() -> None:
    broker = Broker()
    await outbox(broker).append_end(OpenSession("s-1", partition=1, last_offset=41))
    assert broker.accepted == [("audio.frames", 1)]
    ended = SessionEnded.model_validate_json(broker.values[0])
    assert (ended.session_id, ended.cause, ended.last_offset) == ("s-1", EndCause.IDLE, 41)
