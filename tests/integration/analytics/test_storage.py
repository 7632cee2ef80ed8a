"""Events stored in a real ClickHouse and queried again."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics.adapters.clickhouse_queries import ClickHouseFactStore
from analytics.adapters.clickhouse_writer import ClickHouseWriter
from analytics.core.read_models import Competition, LeaderboardEntry
from analytics.core.rows import LogPosition, rows_of
from analytics.core.time_ranges import counted_hours
from infra.clickhouse.database import Database
from infra.errors import Unprocessable
from schemas.base import Event
from schemas.counts import HourCount
from tests.support.analytics.database import migrated_database
from tests.support.analytics.events import (
    HOUR_MS,
    NINE_MS,
    counted,
    final,
    report,
    report_ready,
    said,
    started,
    transcribed,
)


@pytest.fixture
async def database(chdb_folder: Path) -> AsyncIterator[Database]:
    async with migrated_database(chdb_folder) as database:
        yield database


@pytest.fixture
def store(database: Database) -> ClickHouseFactStore:
    return ClickHouseFactStore(database)


async def insert(database: Database, *events: Event, at: int = NINE_MS) -> None:
    rows = [
        row
        for offset, event in enumerate(events)
        for row in rows_of(event, LogPosition(at, offset), create_competitions=True)
    ]
    await ClickHouseWriter(database).insert(rows)


async def board(
    store: ClickHouseFactStore, day: date | None = None, limit: int = 10, **more: Any
) -> list[LeaderboardEntry]:
    return await store.leaderboard("cup", counted_hours(Competition(id="cup", name="cup", **more), day), limit)


async def names(store: ClickHouseFactStore, **more: Any) -> list[tuple[int, str, int]]:
    return [(one.rank, one.display_name, one.words) for one in await board(store, **more)]


async def test_a_session_from_its_start_to_its_end(database: Database, store: ClickHouseFactStore) -> None:
    await insert(database, started(competition="cup"), said(final(1, "he go")))
    running = await store.session("s1")
    assert running is not None
    assert (running.ended_by, running.competition, running.org, running.groups) == (None, "cup", "north", ("7a",))
    assert running.started_at == datetime(2026, 6, 1, 9, tzinfo=UTC)

    ones = (final(1, "he go"), final(2, "to the sea", question=None))
    await insert(database, transcribed(ones, competition="cup"))
    # Late and duplicate events change nothing.
    await insert(database, started(competition="cup"), said(final(1, "he go")))

    ended = await store.session("s1")
    assert ended is not None
    assert (ended.ended_by, ended.words, ended.finals, ended.questions[1].text) == ("client", 5, 2, "With whom?")
    finals = await store.finals("s1")
    assert [one.text for one in finals] == ["he go", "to the sea"]
    assert finals[0].words[1].text == "go"
    assert finals[0].words[1].probability == pytest.approx(0.9)


async def test_unknown_ids_give_nothing(store: ClickHouseFactStore) -> None:
    assert await store.session("x' OR 1=1 --") is None
    assert await store.report("s1") is None
    assert await store.finals("s1") == []
    assert await store.competition("cup") is None


async def test_duplicate_word_counts_change_nothing(database: Database, store: ClickHouseFactStore) -> None:
    await insert(database, counted(3, competition="cup"), counted(7, competition="cup"))
    await insert(database, counted(7, competition="cup"), counted(3, competition="cup"))
    assert await names(store) == [(1, "Ann", 7)]
    await database.command("OPTIMIZE TABLE word_counts FINAL")
    assert await names(store) == [(1, "Ann", 7)]


async def test_equal_words_share_a_rank(database: Database, store: ClickHouseFactStore) -> None:
    for user, words in (("ann", 5), ("bob", 9), ("cem", 5), ("dee", 2)):
        await insert(database, counted(words, f"of-{user}", user, competition="cup"))
    assert await names(store) == [(1, "Bob", 9), (2, "Ann", 5), (2, "Cem", 5), (4, "Dee", 2)]
    assert await names(store, limit=1) == [(1, "Bob", 9)]


async def test_sessions_of_a_user_are_summed_under_the_newest_name(
    database: Database, store: ClickHouseFactStore
) -> None:
    await insert(database, counted(4, "s2", competition="cup", display_name="Queen", at_ms=NINE_MS + 5))
    await insert(database, counted(5, "s1", competition="cup", display_name="Ann"))
    await insert(database, counted(90, "s3", competition=None))
    (line,) = await board(store)
    assert (line.display_name, line.words, line.sessions) == ("Queen", 9, 2)


async def test_only_live_sessions_compete(database: Database, store: ClickHouseFactStore) -> None:
    await insert(database, counted(50, "fast", competition="cup", live=False), counted(5, "slow", competition="cup"))
    assert await names(store) == [(1, "Ann", 5)]
    # Once not live, a session stays so, in whatever order the events arrive, and even if only its end says so.
    await insert(database, counted(60, "fast", competition="cup"))
    await insert(database, transcribed((), "slow", competition="cup", live=False))
    assert await names(store) == []


async def test_days_are_those_of_the_time_zone(database: Database, store: ClickHouseFactStore) -> None:
    late = (HourCount(hour_ms=NINE_MS + 12 * HOUR_MS, words=3), HourCount(hour_ms=NINE_MS + 13 * HOUR_MS, words=4))
    await insert(database, counted(0, competition="cup", hours=late))
    berlin = {"time_zone": "Europe/Berlin"}
    assert await names(store, day=date(2026, 6, 1), **berlin) == [(1, "Ann", 3)]
    assert await names(store, day=date(2026, 6, 2), **berlin) == [(1, "Ann", 4)]
    assert await names(store, day=date(2026, 6, 3), **berlin) == []
    assert await names(store, day=date(2026, 6, 1)) == [(1, "Ann", 7)]


async def test_the_first_report_of_the_newest_analysis_counts(database: Database, store: ClickHouseFactStore) -> None:
    await insert(database, report_ready(report=report("second")), at=NINE_MS + 1)
    await insert(database, report_ready(report=report("first")), report_ready(report=report("third")))
    found = await store.report("s1")
    assert found is not None
    assert found.report is not None
    assert found.report.summary == "first"

    await insert(database, report_ready(analysis_version=2, report=None, error="no words"), at=NINE_MS + 9)
    found = await store.report("s1")
    assert found is not None
    assert (found.analysis_version, found.report, found.error) == (2, None, "no words")
    # A failed session was retried successfully: the failure no longer counts.
    await insert(database, report_ready(analysis_version=2, report=report("late")), at=NINE_MS + 99)
    found = await store.report("s1")
    assert found is not None
    assert found.report is not None
    assert found.report.summary == "late"


async def test_an_admins_settings_replace_the_automatic_ones(database: Database, store: ClickHouseFactStore) -> None:
    await insert(database, started(competition="cup"))
    assert await store.competition("cup") == Competition(id="cup", name="cup")
    wanted = Competition(
        id="cup",
        name="The Cup",
        time_zone="Asia/Tokyo",
        starts_at=datetime(2026, 6, 1, tzinfo=UTC),
        entry="claim",
        org="north",
        groups=("7a",),
    )
    await store.put_competition(wanted, at_ms=NINE_MS)
    await insert(database, started("s2", competition="cup"))
    assert await store.competitions() == [wanted]


async def test_progress_is_newest_first(database: Database, store: ClickHouseFactStore) -> None:
    await insert(database, started("s1"), started("s2", at_ms=NINE_MS + 1), started("s3", "bob"))
    assert [one.session_id for one in await store.sessions_of("ann", 10)] == ["s2", "s1"]
    assert [one.session_id for one in await store.sessions_of("ann", 1)] == ["s2"]


async def test_erasing_removes_all_rows_of_a_user_and_no_others(database: Database, store: ClickHouseFactStore) -> None:
    for session, user in (("s1", "ann"), ("s2", "bob")):
        events = [
            started(session, user, competition="cup"),
            counted(3, session, user, competition="cup"),
            transcribed((final(1, "he go"),), session, user, competition="cup"),
            report_ready(session, user),
        ]
        await insert(database, *events)
    await store.erase("ann")
    for table in ("sessions", "finals", "word_counts", "reports"):
        assert await database.query(f"SELECT DISTINCT user_id FROM {table}") == [{"user_id": "bob"}]
    assert await names(store) == [(1, "Bob", 3)]


async def test_a_value_that_does_not_fit_is_unprocessable(database: Database) -> None:
    with pytest.raises(Unprocessable):
        await insert(database, counted(-1, competition="cup"))
