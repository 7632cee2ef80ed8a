"""What a dead letter holds of the record that could not be handled."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from infra.kafka.dead_letters import send_dead_letter
from infra.kafka.settings import KafkaSettings
from schemas.dead_letters import DeadLetter


@dataclass(frozen=True)
class Record:
    topic: str = "transcripts"
    partition: int = 1
    offset: int = 7
    timestamp: int = 1000
    key: bytes | None = b"s-1"
    value: bytes | None = b"{poison"


async def letter_of(record: Record, stage: str = "analyze", headers: Sequence[tuple[str, Any]] = ()) -> DeadLetter:
    sent: list[bytes] = []

    class Producer:
        async def send_and_wait(self, topic: str, value: bytes, key: bytes | None) -> None:
            assert (topic, key) == ("dead.letters", record.key)
            sent.append(value)

    producer: Any = Producer()
    await send_dead_letter(producer, KafkaSettings(prefix=""), stage, record, "not an event", headers)
    return DeadLetter.model_validate_json(sent[0])


async def test_a_dead_letter_holds_the_record_and_its_place() -> None:
    letter = await letter_of(Record(), headers=[("trace", b"\xff")])
    assert (letter.stage, letter.topic, letter.partition, letter.offset) == ("analyze", "transcripts", 1, 7)
    assert (letter.at_ms, letter.key, letter.reason) == (1000, "s-1", "not an event")
    assert base64.b64decode(letter.value_base64) == b"{poison"
    assert [(name, base64.b64decode(value)) for name, value in letter.headers] == [("trace", b"\xff")]


@pytest.mark.parametrize(("key", "shown"), [(None, None), (b"", ""), (b"\xff", "�")])
async def test_any_key_can_be_kept(key: bytes | None, shown: str | None) -> None:
    assert (await letter_of(Record(key=key))).key == shown


async def test_a_record_without_a_value_or_with_an_empty_header_can_be_kept() -> None:
    letter = await letter_of(Record(value=None), headers=[("empty", None)])
    assert (letter.value_base64, letter.headers) == ("", (("empty", ""),))


async def test_the_same_record_has_the_same_id_in_each_stage() -> None:
    first, again = await letter_of(Record()), await letter_of(Record(timestamp=2000))
    assert first.event_id == again.event_id
    assert (await letter_of(Record(), stage="questions")).event_id != first.event_id
    assert (await letter_of(Record(offset=8))).event_id != first.event_id
