"""Rows into ClickHouse."""

from collections.abc import Sequence

from analytics import metrics
from analytics.core.rows import Row, by_table
from infra.clickhouse.database import Database


class ClickHouseStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, rows: Sequence[Row]) -> None:
        """One block per table. If a later block fails the earlier ones stay, which a second try makes no worse."""
        for table, columns, lines in by_table(rows):
            await self._database.insert(table, columns, lines)
            metrics.ROWS.labels(table).inc(len(lines))
