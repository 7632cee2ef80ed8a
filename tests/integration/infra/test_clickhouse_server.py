"""The same migrations and queries over HTTP, as with a ClickHouse server."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from analytics.adapters.clickhouse_queries import ClickHouseFactStore
from analytics.adapters.clickhouse_writer import ClickHouseWriter
from analytics.core.read_models import Competition
from analytics.core.rows import LogPosition, rows_of
from analytics.core.time_ranges import counted_hours
from infra.clickhouse.connect import connector
from infra.clickhouse.database import Database
from infra.clickhouse.migrate import migrate
from infra.clickhouse.settings import ClickHouseSettings
from infra.errors import RostrumError, SettingsError, Unavailable
from tests.support.analytics.clickhouse_server import PASSWORD, USER, EngineOverHttp, clickhouse_server
from tests.support.analytics.events import NINE_MS, counted, final, report_ready, started, transcribed


@pytest.fixture
async def server(chdb_folder: Path) -> AsyncIterator[tuple[EngineOverHttp, Database]]:
    async with clickhouse_server(chdb_folder / "clickhouse") as (engine, url):
        settings = ClickHouseSettings(
            url=url, username=USER, password=SecretStr(PASSWORD), database=f"test_{secrets.token_hex(4)}"
        )
        database = Database(connector(settings, chdb_folder), readers=2)
        try:
            yield engine, database
        finally:
            await database.close()


async def test_events_are_stored_and_queried(server: tuple[EngineOverHttp, Database]) -> None:
    _, database = server
    assert await migrate(database)
    assert await migrate(database) == []
    events = (
        started(competition="cup"),
        counted(5, competition="cup"),
        transcribed((final(1, "he go to the sea"),), competition="cup"),
        report_ready(),
    )
    rows = [row for event in events for row in rows_of(event, LogPosition(NINE_MS, 0), create_competitions=True)]
    await ClickHouseWriter(database).insert(rows)

    store = ClickHouseFactStore(database)
    (line,) = await store.leaderboard("cup", counted_hours(Competition(id="cup", name="cup"), None), 10)
    assert (line.display_name, line.words) == ("Ann", 5)
    found = await store.session("s1")
    assert found is not None
    assert found.questions[0].text == "Where were you?"
    assert [one.text for one in await store.finals("s1")] == ["he go to the sea"]
    assert await store.report("s1")
    assert await store.session("x' OR 1=1 --") is None
    await store.erase("ann")
    assert await store.session("s1") is None


async def test_a_server_that_is_unavailable_for_a_while(server: tuple[EngineOverHttp, Database]) -> None:
    engine, database = server
    await database.ping()
    engine.fails = 10
    with pytest.raises(Unavailable):
        await database.insert("sessions", ["session_id"], [["s1"]])
    engine.fails = 0
    await database.ping()


async def test_a_login_that_is_refused_stops_the_stage(chdb_folder: Path) -> None:
    async with clickhouse_server(chdb_folder / "clickhouse") as (_, url):
        database = Database(connector(ClickHouseSettings(url=url, username=USER), chdb_folder), readers=1)
        with pytest.raises(SettingsError, match="refuses the user 'writer'"):
            await database.ping()
        await database.close()


async def test_an_invalid_query_is_not_retried(server: tuple[EngineOverHttp, Database]) -> None:
    _, database = server
    with pytest.raises(RostrumError, match="refuses"):
        await database.query("SELECT nonsense FROM nowhere")
