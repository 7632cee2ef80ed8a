"""In which order replies are written, and what happens if a broker refuses them."""

import asyncio

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters import retrying_producer
from processors.transcribe.adapters.kafka_replies import KafkaReplyPublisher
from processors.transcribe.core.session.output import Output
from schemas.replies import Reply
from tests.support.transcribe.core_values import Script, TruthfulRecogniser, play, started, words
from tests.support.transcribe.refusing_broker import RefusingBroker
from tests.support.transcribe.session_records import session_ended
from tests.support.waiting import DEADLINE_S


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying_producer, "_RETRY_S", 0)


@pytest.fixture
def output() -> Output:
    """A session's whole output, with a final and a summary for the client at partition 3."""
    script = Script(partition=2)
    state, _ = started(script)
    log = [*(script.frame() for _ in range(3)), script.record(session_ended("s-1"))]
    return play(state, log, TruthfulRecogniser(words("good morning")))[1]


def publisher(broker: RefusingBroker) -> KafkaReplyPublisher:
    return KafkaReplyPublisher(broker, KafkaSettings(prefix="t."))


REPLIES: list[tuple[str, int | None]] = [("replies", 3), ("replies", 3)]


async def test_replies_go_to_the_partition_of_their_edge_in_order(output: Output) -> None:
    broker = RefusingBroker()
    await publisher(broker).send(output.replies)
    assert broker.accepted == REPLIES
    assert [Reply.model_validate_json(value) for value in broker.values] == [each.reply for each in output.replies]


async def test_a_reply_that_is_not_accepted_is_sent_again_with_all_that_follow_it(output: Output) -> None:
    broker = RefusingBroker(replies=[KafkaTimeoutError()])
    await publisher(broker).send(output.replies)
    assert broker.accepted == [REPLIES[1], *REPLIES]
    assert broker.values[0] == broker.values[2]


async def test_a_message_that_is_too_large_does_not_block_the_others(output: Output) -> None:
    broker = RefusingBroker(replies=[MessageSizeTooLargeError()])
    await publisher(broker).send(output.replies)
    assert broker.accepted == REPLIES[1:]


async def test_a_reply_that_will_never_be_accepted_stops_the_process(output: Output) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await publisher(RefusingBroker(replies=[TopicAuthorizationFailedError()])).send(output.replies)


async def test_a_reply_to_a_partition_that_does_not_exist_is_dropped(output: Output) -> None:
    broker = RefusingBroker(has_partition_3=False)
    await publisher(broker).send(output.replies)
    assert broker.accepted == []


async def test_best_effort_replies_are_sent_once_and_never_waited_for(output: Output) -> None:
    broker = RefusingBroker(replies=[KafkaTimeoutError()])
    replies = publisher(broker)
    running = asyncio.create_task(replies.run())
    replies.send_best_effort(output.replies)
    await asyncio.wait_for(broker.has_accepted.wait(), DEADLINE_S)
    assert broker.accepted == REPLIES[1:]
    assert not running.done()
    running.cancel()
