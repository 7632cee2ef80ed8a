"""What happens to a record when the producer fails; a fake producer plays each failure."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, NotLeaderForPartitionError, OutOfOrderSequenceNumber

from edge.adapters.kafka_log import KafkaSessionLogWriter
from edge.adapters.shared_timeout import SharedTimeout
from edge.core.effects import SessionRecord
from infra.errors import Unavailable
from infra.kafka.headers import LogHeaders, decode_headers
from infra.kafka.settings import KafkaSettings
from schemas.sessions import RecordKind

SETTINGS = KafkaSettings(prefix="test.")
FRAME = SessionRecord(RecordKind.FRAME, b"\1\2", 7)


class Producer:
    def __init__(self, failure: Exception | None = None, *, answers: bool = True) -> None:
        self._failure = failure
        self._answers = answers
        self.sent: list[tuple[str, bytes, dict[str, Any]]] = []

    async def send_and_wait(self, topic: str, value: bytes, **rest: Any) -> None:
        if not self._answers:
            await asyncio.Event().wait()
        if self._failure:
            raise self._failure
        self.sent.append((topic, value, rest))


async def test_a_record_carries_its_session_and_reply_address() -> None:
    producer = Producer()
    await KafkaSessionLogWriter(producer, SETTINGS, 3, SharedTimeout(5)).append("s1", "c1", FRAME)
    [(topic, value, rest)] = producer.sent
    assert (topic, value, rest["key"]) == ("test.audio.frames", b"\1\2", b"s1")
    assert decode_headers(rest["headers"]) == LogHeaders(RecordKind.FRAME, "c1", 3, 7)


@pytest.mark.parametrize(
    ("failure", "broken"),
    [
        (KafkaTimeoutError(), False),
        (NotLeaderForPartitionError(), False),
        (OutOfOrderSequenceNumber(), True),
        (KafkaError("Unexpected error during batch delivery"), True),
    ],
)
async def test_a_failure_is_raised_and_a_permanent_one_marks_the_writer_broken(
    failure: Exception, broken: bool
) -> None:
    log = KafkaSessionLogWriter(Producer(failure), SETTINGS, 0, SharedTimeout(5))
    with pytest.raises(Unavailable):
        await log.append("s1", "c1", FRAME)
    assert log.broken.is_set() is broken


async def test_waiting_for_a_record_has_a_timeout() -> None:
    patience = SharedTimeout(0.05)
    log = KafkaSessionLogWriter(Producer(answers=False), SETTINGS, 0, patience)
    watching = asyncio.create_task(patience.watch())
    with pytest.raises(Unavailable, match=r"audio\.frames"):
        await log.append("s1", "c1", FRAME)
    watching.cancel()
    assert not log.broken.is_set()
