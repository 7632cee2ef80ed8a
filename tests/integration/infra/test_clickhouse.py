"""The embedded ClickHouse itself."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.clickhouse.connect import connector
from infra.clickhouse.database import Database
from infra.clickhouse.migrate import Migration, migrate, migrations
from infra.errors import RostrumError, Unprocessable
from tests.support.analytics.database import empty_database, fresh_settings


@pytest.fixture
async def database(chdb_folder: Path) -> AsyncIterator[Database]:
    async with empty_database(chdb_folder) as database:
        yield database


async def test_migrations_are_applied_once(database: Database) -> None:
    assert await migrate(database) == migrations()
    assert await migrate(database) == []


async def test_an_interrupted_migration_is_run_again_from_the_top(database: Database) -> None:
    broken = Migration(1, "0001_x.sql", "CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory;\nSELECT nonsense(;")
    with pytest.raises(RostrumError, match="refuses"):
        await migrate(database, [broken])
    mended = Migration(1, "0001_x.sql", "CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory;")
    assert await migrate(database, [mended]) == [mended]


async def test_values_are_bound_by_the_server(database: Database) -> None:
    nasty = "x' OR '1'='1 \\ {name:String} 日本"
    assert await database.query("SELECT {value:String} AS value", {"value": nasty}) == [{"value": nasty}]


async def test_writes_happen_in_the_order_of_the_calls(database: Database) -> None:
    await database.command("CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x")
    await asyncio.gather(
        database.insert("t", ["x"], [[1]]), database.command("TRUNCATE TABLE t"), database.insert("t", ["x"], [[2]])
    )
    assert await database.query("SELECT x FROM t") == [{"x": 2}]


async def test_queries_run_concurrently_and_do_not_block_the_event_loop(database: Database) -> None:
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    await database.query("SELECT sleep(1)")
    one_s, began_s = now_s() - began_s, now_s()
    four = asyncio.gather(*(database.query("SELECT sleep(1)") for _ in range(4)))
    await asyncio.sleep(0.01)
    assert not four.done()
    await four
    assert now_s() - began_s < 3 * one_s


async def test_a_value_that_does_not_fit_its_column_is_unprocessable(database: Database) -> None:
    await database.command("CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x")
    with pytest.raises(Unprocessable):
        await database.insert("t", ["x"], [[1000]])


async def test_a_second_process_is_refused_clearly(chdb_folder: Path, database: Database) -> None:
    await database.ping()
    program = (
        "import sys; from pathlib import Path; from infra.clickhouse.connect import connector;"
        "from infra.clickhouse.settings import ClickHouseSettings; from infra.errors import RostrumError\n"
        "try: connector(ClickHouseSettings(url=''), Path(sys.argv[1]))()\n"
        "except RostrumError as error: print(error)"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, str(chdb_folder)], capture_output=True, text=True, check=True
    )
    assert "cannot be opened" in done.stdout
    assert "Only one process may use it" in done.stdout


def test_an_existing_database_is_used(chdb_folder: Path) -> None:
    connect = connector(fresh_settings(), chdb_folder)
    first, second = connect(), connect()
    assert first.database == second.database
    first.close()
    second.close()
