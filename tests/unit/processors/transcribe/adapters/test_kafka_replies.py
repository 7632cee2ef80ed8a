"""In which order things are written, and what a broker that refuses leads to."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from infra.clock import SystemClock
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters import kafka_replies
from processors.transcribe.adapters.kafka_replies import KafkaReplyPublisher
from processors.transcribe.core.session.idle import OpenSession
from processors.transcribe.core.session.output import Output, RejectedRecord
from schemas.replies import Reply
from schemas.sessions import EndCause, SessionEnded
from tests.support.transcribe.core_values import Script, TruthfulRecogniser, play, started, words
from tests.support.transcribe.session_records import session_ended
from tests.support.waiting import DEADLINE_S

KAFKA = KafkaSettings(prefix="t.")


class Broker:
    """Stands where aiokafka's producer is. `refuse` gives the errors for a topic's next messages, the newest last."""

    def __init__(self, *, has_partition_3: bool = True, **refuse: list[KafkaError]) -> None:
        self.refuse = {name.replace("_", "."): errors for name, errors in refuse.items()}
        self.accepted: list[tuple[str, int | None]] = []
        self.values: list[bytes] = []
        self.partitions = {0, 1}
        self.unheard_of = {3} if has_partition_3 else set()
        self.has_accepted = asyncio.Event()
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
            self.has_accepted.set()
        return future

    async def send_and_wait(self, topic: str, value: bytes, **_: object) -> None:
        await (await self.send(topic, value, partition=None))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_replies, "_AGAIN_S", 0)


@pytest.fixture
def output() -> Output:
    """A session's whole output, with a final and a summary for the client at partition 3."""
    script = Script(partition=2)
    stream, _ = started(script)
    log = [*(script.frame() for _ in range(3)), script.record(session_ended("s-1"))]
    return play(stream, log, TruthfulRecogniser(words("good morning")))[1]


def outbox(broker: Broker) -> KafkaReplyPublisher:
    return KafkaReplyPublisher(broker, KAFKA, SystemClock())


REPLIES: list[tuple[str, int | None]] = [("replies", 3), ("replies", 3)]
LETTER = RejectedRecord(0, 1, 0, b"s-1", None, "unreadable")


async def test_replies_go_to_the_partition_of_their_edge_in_their_order(output: Output) -> None:
    broker = Broker()
    await outbox(broker).tell(output.replies)
    assert broker.accepted == REPLIES
    assert [Reply.model_validate_json(value) for value in broker.values] == [each.reply for each in output.replies]


async def test_what_is_not_accepted_is_written_again_with_all_behind_it(output: Output) -> None:
    broker = Broker(replies=[KafkaTimeoutError()])
    await outbox(broker).tell(output.replies)
    assert broker.accepted == [REPLIES[1], *REPLIES]
    assert broker.values[0] == broker.values[2]


async def test_a_message_too_large_holds_nothing_up(output: Output) -> None:
    broker = Broker(replies=[MessageSizeTooLargeError()])
    await outbox(broker).tell(output.replies)
    assert broker.accepted == REPLIES[1:]


async def test_what_will_never_be_accepted_stops_the_process(output: Output) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await outbox(Broker(replies=[TopicAuthorizationFailedError()])).tell(output.replies)


async def test_a_reply_to_a_partition_that_never_was_is_dropped(output: Output) -> None:
    broker = Broker(has_partition_3=False)
    await outbox(broker).tell(output.replies)
    assert broker.accepted == []


async def test_a_dead_letter_is_written_until_it_is_held() -> None:
    broker = Broker(dead_letters=[KafkaTimeoutError()])
    await outbox(broker).bury([LETTER])
    assert broker.accepted == [("dead.letters", None)]


async def test_replies_of_the_moment_are_sent_once_and_never_waited_for(output: Output) -> None:
    broker = Broker(replies=[KafkaTimeoutError()])
    shown = outbox(broker)
    showing = asyncio.create_task(shown.keep_showing())
    shown.show(output.replies)
    await asyncio.wait_for(broker.has_accepted.wait(), DEADLINE_S)
    assert broker.accepted == REPLIES[1:]
    assert not showing.done()
    showing.cancel()


async def test_an_idle_end_is_written_to_the_sessions_own_partition() -> None:
    broker = Broker()
    await outbox(broker).append_end(OpenSession("s-1", partition=1, last_offset=41))
    assert broker.accepted == [("audio.frames", 1)]
    ended = SessionEnded.model_validate_json(broker.values[0])
    assert (ended.session_id, ended.cause, ended.last_offset) == ("s-1", EndCause.IDLE, 41)
