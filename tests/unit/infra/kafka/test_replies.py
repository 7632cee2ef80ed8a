"""Replies go to the partition of the edge that has the client."""

from collections.abc import Sequence
from typing import Any

from infra.kafka.replies import has_replies_partition, send_reply
from infra.kafka.settings import KafkaSettings
from schemas.replies import Reply

SETTINGS = KafkaSettings(prefix="t-")
REPLY = Reply(event_id="e", at_ms=1, session_id="s-1", conn="c-1", heard_frames=None, message=None)


class StubProducer:
    """Lists the partitions of `listed` in turn: the next of them after each refresh of its metadata."""

    def __init__(self, *listed: Sequence[int]) -> None:
        self.listed = list(listed)
        self.refreshes = 0
        self.sent: list[tuple[str, bytes, bytes, int]] = []
        self.client = self

    async def partitions_for(self, topic: str) -> set[int]:
        assert topic == "t-replies"
        return set(self.listed[self.refreshes])

    async def force_metadata_update(self) -> None:
        self.refreshes += 1

    async def send_and_wait(self, topic: str, value: bytes, key: bytes, partition: int) -> None:
        self.sent.append((topic, value, key, partition))


async def send(producer: Any, partition: int) -> None:
    await send_reply(producer, SETTINGS, REPLY, partition)


async def test_a_reply_is_sent_to_its_partition_with_its_session_as_key() -> None:
    producer = StubProducer([0, 1])
    await send(producer, 1)
    assert producer.sent == [("t-replies", REPLY.encode(), b"s-1", 1)]
    assert producer.refreshes == 0


async def test_the_partition_of_a_new_edge_is_found_after_one_refresh() -> None:
    producer = StubProducer([0], [0, 1])
    await send(producer, 1)
    assert len(producer.sent) == 1


async def test_a_reply_to_a_partition_that_does_not_exist_is_dropped() -> None:
    producer = StubProducer([0], [0])
    await send(producer, 1)
    assert producer.sent == []
    assert producer.refreshes == 1


async def test_a_missing_partition_is_looked_up_once_a_call() -> None:
    producer: Any = StubProducer([0], [0], [0])
    assert not await has_replies_partition(producer, SETTINGS, 9)
    assert producer.refreshes == 1
