"""The chain, with everything around it made by hand."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from analytics.core.rows import Row
from analytics.retry import Retry
from analytics.service import Ingest, Logged
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
class World:
    """The log gives its batches one by one and then sets `stopping`; the others fail as often as told."""

    batches: list[list[Logged]]
    store_fails: int = 0
    letters_fail: int = 0
    stop_when_store_fails: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)
    happened: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    unready: list[dict[str, str]] = field(default_factory=list)

    async def read(self) -> Sequence[Logged]:
        if len(self.batches) <= 1:
            self.stopping.set()
        return self.batches.pop(0) if self.batches else []

    async def commit(self) -> None:
        self.happened.append("commit")

    async def insert(self, rows: Sequence[Row]) -> None:
        self.unready.append(self.health.reasons)
        if self.store_fails:
            self.store_fails -= 1
            self.happened.append("store failed")
            if self.stop_when_store_fails:
                self.stopping.set()
            raise Unavailable("ClickHouse is away.", "Wait.")
        if any(row.values.get("words", 0) < 0 for row in rows):
            raise Unprocessable("A value does not fit.", "Mend it.")
        self.happened.append("insert")
        self.rows.extend(rows)

    async def send(self, record: KafkaRecord, _reason: str) -> None:
        if self.letters_fail:
            self.letters_fail -= 1
            raise Unavailable("Kafka is away.", "Wait.")
        self.happened.append(f"letter {record.offset}")

    def ingest(self) -> Ingest:
        return Ingest(self, self, self, Retry(self.stopping, self.health, first_wait_s=0), make_competitions=True)


def logged(event: Event | bytes, offset: int = 0, topic: Topic = Topic.WORD_COUNTS) -> Logged:
    return Logged(topic, FakeRecord(event if isinstance(event, bytes) else event.encode(), offset))


EMPTY: list[Logged] = []


async def test_offsets_are_committed_after_the_insert() -> None:
    world = World([[logged(counted(3))], EMPTY])
    await world.ingest().run()
    assert world.happened == ["insert", "commit", "commit"]


async def test_poison_goes_to_the_dead_letters_and_blocks_nothing() -> None:
    world = World([[logged(b"{", 1), logged(counted(3), 2), logged(started(), 3)], EMPTY])
    await world.ingest().run()
    assert world.happened == ["insert", "letter 1", "letter 3", "commit", "commit"]
    assert len(world.rows) == 1


async def test_a_value_that_cannot_be_stored_is_the_only_one_left_out() -> None:
    world = World([[logged(counted(3), 1), logged(counted(-1), 2), logged(counted(4), 3)], EMPTY])
    await world.ingest().run()
    assert world.happened == ["insert", "insert", "letter 2", "commit", "commit"]
    assert [row.values["words"] for row in world.rows] == [3, 4]


async def test_storage_that_is_away_is_waited_for_and_told_of() -> None:
    world = World([[logged(counted(3))], EMPTY, EMPTY], store_fails=2)
    world.health.ready()
    await world.ingest().run()
    assert world.happened == ["store failed", "store failed", "insert", "commit", "commit", "commit"]
    assert world.unready == [{}, *[{"clickhouse": "ClickHouse is away. Wait."}] * 2]
    assert world.health.reasons == {}


async def test_the_end_comes_before_storage_is_back() -> None:
    world = World([[logged(counted(3))], EMPTY], store_fails=99, stop_when_store_fails=True)
    with pytest.raises(Unavailable):
        await world.ingest().run()
    assert "commit" not in world.happened


async def test_letters_are_waited_for_too() -> None:
    world = World([[logged(b"{", 1)], EMPTY], letters_fail=1)
    await world.ingest().run()
    assert world.happened == ["insert", "letter 1", "commit", "commit"]
