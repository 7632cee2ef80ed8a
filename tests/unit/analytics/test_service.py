"""The ingestion, with fakes at its ports."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from analytics.core.rows import TableRow
from analytics.ports import FactRecord
from analytics.retry import Retry
from analytics.service import Ingest
from infra.errors import Unavailable, Unprocessable
from infra.health import Health
from infra.kafka.dead_letters import KafkaRecord
from schemas.base import Event
from schemas.topics import Topic
from tests.support.analytics.events import NINE_MS, counted, started


@dataclass(frozen=True)
class FakeRecord:
    value: bytes | None
    offset: int = 0
    topic: str = "t"
    partition: int = 0
    timestamp: int = NINE_MS
    key: bytes | None = None


@dataclass
class FakePorts:
    """All ports in one. The source gives its batches one by one and then sets `stopping`; the others fail as often as
    they are set to."""

    batches: list[list[FactRecord]]
    insert_failures: int = 0
    dead_letter_failures: int = 0
    stop_when_insert_fails: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)
    calls: list[str] = field(default_factory=list)
    rows: list[TableRow] = field(default_factory=list)
    unready: list[dict[str, str]] = field(default_factory=list)

    async def read(self) -> Sequence[FactRecord]:
        if len(self.batches) <= 1:
            self.stopping.set()
        return self.batches.pop(0) if self.batches else []

    async def commit(self) -> None:
        self.calls.append("commit")

    async def insert(self, rows: Sequence[TableRow]) -> None:
        self.unready.append(self.health.reasons)
        if self.insert_failures:
            self.insert_failures -= 1
            self.calls.append("insert failed")
            if self.stop_when_insert_fails:
                self.stopping.set()
            raise Unavailable("ClickHouse is away.", "Wait.")
        if any(row.values.get("words", 0) < 0 for row in rows):
            raise Unprocessable("A value does not fit.", "Mend it.")
        self.calls.append("insert")
        self.rows.extend(rows)

    async def send(self, record: KafkaRecord, _reason: str) -> None:
        if self.dead_letter_failures:
            self.dead_letter_failures -= 1
            raise Unavailable("Kafka is away.", "Wait.")
        self.calls.append(f"dead letter {record.offset}")

    def ingest(self) -> Ingest:
        return Ingest(self, self, self, Retry(self.stopping, self.health, first_wait_s=0), create_competitions=True)


def fact_record(event: Event | bytes, offset: int = 0, topic: Topic = Topic.WORD_COUNTS) -> FactRecord:
    return FactRecord(topic, FakeRecord(event if isinstance(event, bytes) else event.encode(), offset))


EMPTY: list[FactRecord] = []


async def test_offsets_are_committed_after_the_insert() -> None:
    ports = FakePorts([[fact_record(counted(3))], EMPTY])
    await ports.ingest().run()
    assert ports.calls == ["insert", "commit", "commit"]


async def test_poison_records_go_to_the_dead_letters_and_block_nothing() -> None:
    ports = FakePorts([[fact_record(b"{", 1), fact_record(counted(3), 2), fact_record(started(), 3)], EMPTY])
    await ports.ingest().run()
    assert ports.calls == ["insert", "dead letter 1", "dead letter 3", "commit", "commit"]
    assert len(ports.rows) == 1


async def test_only_the_record_that_cannot_be_stored_is_a_dead_letter() -> None:
    ports = FakePorts([[fact_record(counted(3), 1), fact_record(counted(-1), 2), fact_record(counted(4), 3)], EMPTY])
    await ports.ingest().run()
    assert ports.calls == ["insert", "insert", "dead letter 2", "commit", "commit"]
    assert [row.values["words"] for row in ports.rows] == [3, 4]


async def test_unavailable_storage_is_retried_and_the_stage_not_ready() -> None:
    ports = FakePorts([[fact_record(counted(3))], EMPTY, EMPTY], insert_failures=2)
    ports.health.ready()
    await ports.ingest().run()
    assert ports.calls == ["insert failed", "insert failed", "insert", "commit", "commit", "commit"]
    assert ports.unready == [{}, *[{"clickhouse": "ClickHouse is away. Wait."}] * 2]
    assert ports.health.reasons == {}


async def test_nothing_is_committed_if_the_stage_stops_before_storage_is_back() -> None:
    ports = FakePorts([[fact_record(counted(3))], EMPTY], insert_failures=99, stop_when_insert_fails=True)
    with pytest.raises(Unavailable):
        await ports.ingest().run()
    assert "commit" not in ports.calls


async def test_a_failed_dead_letter_is_retried() -> None:
    ports = FakePorts([[fact_record(b"{", 1)], EMPTY], dead_letter_failures=1)
    await ports.ingest().run()
    assert ports.calls == ["insert", "dead letter 1", "commit", "commit"]
