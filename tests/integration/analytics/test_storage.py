"""Events into the real ClickHouse and out again."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics.adapters.facts import ClickHouseFacts
from analytics.adapters.store import ClickHouseStore
from analytics.core.facts import Competition, Standing
from analytics.core.rows import Place, rows_of
from analytics.core.windows import window
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
def facts(database: Database) -> ClickHouseFacts:
    return ClickHouseFacts(database)


async def keep(database: Database, *events: Event, at: int = NINE_MS) -> None:
    rows = [
        row for offset, event in enumerate(events) for row in rows_of(event, Place(at, offset), make_competitions=True)
    ]
    await ClickHouseStore(database).insert(rows)


async def board(facts: ClickHouseFacts, day: date | None = None, limit: int = 10, **more: Any) -> list[Standing]:
    return await facts.leaderboard("cup", window(Competition(id="cup", name="cup", **more), day), limit)


async def names(facts: ClickHouseFacts, **more: Any) -> list[tuple[int, str, int]]:
    return [(one.rank, one.display_name, one.words) for one in await board(facts, **more)]


async def test_a_session_from_its_start_to_its_end(database: Database, facts: ClickHouseFacts) -> None:
    await keep(database, started(competition="cup"), said(final(1, "he go")))
    running = await facts.session("s1")
    assert running is not None
    assert (running.ended_by, running.competition, running.org, running.groups) == (None, "cup", "north", ("7a",))
    assert running.started_at == datetime(2026, 6, 1, 9, tzinfo=UTC)

    ones = (final(1, "he go"), final(2, "to the sea", question=None))
    await keep(database, transcribed(ones, competition="cup"))
    # What began late, or is told again, changes nothing.
    await keep(database, started(competition="cup"), said(final(1, "he go")))

    ended = await facts.session("s1")
    assert ended is not None
    assert (ended.ended_by, ended.words, ended.finals, ended.questions[1].text) == ("client", 5, 2, "With whom?")
    kept = await facts.finals("s1")
    assert [one.text for one in kept] == ["he go", "to the sea"]
    assert kept[0].words[1].text == "go"
    assert kept[0].words[1].probability == pytest.approx(0.9)


async def test_unknown_things_are_none(facts: ClickHouseFacts) -> None:
    assert await facts.session("x' OR 1=1 --") is None
    assert await facts.report("s1") is None
    assert await facts.finals("s1") == []
    assert await facts.competition("cup") is None


async def test_repeated_counts_change_nothing(database: Database, facts: ClickHouseFacts) -> None:
    await keep(database, counted(3, competition="cup"), counted(7, competition="cup"))
    await keep(database, counted(7, competition="cup"), counted(3, competition="cup"))
    assert await names(facts) == [(1, "Ann", 7)]
    await database.command("OPTIMIZE TABLE word_counts FINAL")
    assert await names(facts) == [(1, "Ann", 7)]


async def test_equal_words_share_a_rank(database: Database, facts: ClickHouseFacts) -> None:
    for user, words in (("ann", 5), ("bob", 9), ("cem", 5), ("dee", 2)):
        await keep(database, counted(words, f"of-{user}", user, competition="cup"))
    assert await names(facts) == [(1, "Bob", 9), (2, "Ann", 5), (2, "Cem", 5), (4, "Dee", 2)]
    assert await names(facts, limit=1) == [(1, "Bob", 9)]


async def test_sessions_of_a_user_are_summed_under_the_newest_name(database: Database, facts: ClickHouseFacts) -> None:
    await keep(database, counted(4, "s2", competition="cup", display_name="Queen", at_ms=NINE_MS + 5))
    await keep(database, counted(5, "s1", competition="cup", display_name="Ann"))
    await keep(database, counted(90, "s3", competition=None))
    (line,) = await board(facts)
    assert (line.display_name, line.words, line.sessions) == ("Queen", 9, 2)


async def test_only_live_sessions_compete(database: Database, facts: ClickHouseFacts) -> None:
    await keep(database, counted(50, "fast", competition="cup", live=False), counted(5, "slow", competition="cup"))
    assert await names(facts) == [(1, "Ann", 5)]
    # Once not live, always not live: in whatever order the events come, and if only the end says so.
    await keep(database, counted(60, "fast", competition="cup"))
    await keep(database, transcribed((), "slow", competition="cup", live=False))
    assert await names(facts) == []


async def test_days_are_those_of_the_time_zone(database: Database, facts: ClickHouseFacts) -> None:
    late = (HourCount(hour_ms=NINE_MS + 12 * HOUR_MS, words=3), HourCount(hour_ms=NINE_MS + 13 * HOUR_MS, words=4))
    await keep(database, counted(0, competition="cup", hours=late))
    berlin = {"time_zone": "Europe/Berlin"}
    assert await names(facts, day=date(2026, 6, 1), **berlin) == [(1, "Ann", 3)]
    assert await names(facts, day=date(2026, 6, 2), **berlin) == [(1, "Ann", 4)]
    assert await names(facts, day=date(2026, 6, 3), **berlin) == []
    assert await names(facts, day=date(2026, 6, 1)) == [(1, "Ann", 7)]


async def test_the_first_report_of_the_newest_analysis_counts(database: Database, facts: ClickHouseFacts) -> None:
    await keep(database, report_ready(report=report("second")), at=NINE_MS + 1)
    await keep(database, report_ready(report=report("first")), report_ready(report=report("third")))
    found = await facts.report("s1")
    assert found is not None
    assert found.report is not None
    assert found.report.summary == "first"

    await keep(database, report_ready(analysis_version=2, report=None, error="no words"), at=NINE_MS + 9)
    found = await facts.report("s1")
    assert found is not None
    assert (found.analysis_version, found.report, found.error) == (2, None, "no words")
    # A failed session was tried again, with success: the failure counts no longer.
    await keep(database, report_ready(analysis_version=2, report=report("late")), at=NINE_MS + 99)
    found = await facts.report("s1")
    assert found is not None
    assert found.report is not None
    assert found.report.summary == "late"


async def test_what_an_admin_sets_outlives_the_first_use(database: Database, facts: ClickHouseFacts) -> None:
    await keep(database, started(competition="cup"))
    assert await facts.competition("cup") == Competition(id="cup", name="cup")
    wanted = Competition(
        id="cup",
        name="The Cup",
        time_zone="Asia/Tokyo",
        starts_at=datetime(2026, 6, 1, tzinfo=UTC),
        entry="claim",
        org="north",
        groups=("7a",),
    )
    await facts.put_competition(wanted, at_ms=NINE_MS)
    await keep(database, started("s2", competition="cup"))
    assert await facts.competitions() == [wanted]


async def test_progress_is_newest_first(database: Database, facts: ClickHouseFacts) -> None:
    await keep(database, started("s1"), started("s2", at_ms=NINE_MS + 1), started("s3", "bob"))
    assert [one.session_id for one in await facts.sessions_of("ann", 10)] == ["s2", "s1"]
    assert [one.session_id for one in await facts.sessions_of("ann", 1)] == ["s2"]


async def test_erasing_leaves_nothing_of_a_user_and_all_of_others(database: Database, facts: ClickHouseFacts) -> None:
    for session, user in (("s1", "ann"), ("s2", "bob")):
        events = [
            started(session, user, competition="cup"),
            counted(3, session, user, competition="cup"),
            transcribed((final(1, "he go"),), session, user, competition="cup"),
            report_ready(session, user),
        ]
        await keep(database, *events)
    await facts.erase("ann")
    for table in ("sessions", "finals", "word_counts", "reports"):
        assert await database.query(f"SELECT DISTINCT user_id FROM {table}") == [{"user_id": "bob"}]
    assert await names(facts) == [(1, "Bob", 3)]


async def test_a_value_that_does_not_fit_is_unprocessable(database: Database) -> None:
    with pytest.raises(Unprocessable):
        await keep(database, counted(-1, competition="cup"))
