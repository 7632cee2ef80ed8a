"""A real ClickHouse for tests. chDB allows one folder per process, so tests share it and have a database each."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infra.clickhouse.connect import connector
from infra.clickhouse.database import Database
from infra.clickhouse.migrate import migrate
from infra.clickhouse.settings import ClickHouseSettings


def fresh_settings() -> ClickHouseSettings:
    return ClickHouseSettings(url="", database=f"test_{secrets.token_hex(4)}", max_concurrent_queries=2)


@asynccontextmanager
async def empty_database(data: Path) -> AsyncIterator[Database]:
    database = Database(connector(fresh_settings(), data), readers=2)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def migrated_database(data: Path) -> AsyncIterator[Database]:
    async with empty_database(data) as database:
        await migrate(database)
        yield database
