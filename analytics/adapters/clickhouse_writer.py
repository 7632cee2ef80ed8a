"""Writes rows to ClickHouse."""

from collections.abc import Sequence

from analytics import metrics
from analytics.core.rows import TableRow, by_table
from infra.clickhouse.database import Database


class ClickHouseWriter:
    """`analytics.ports.RowWriter`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, rows: Sequence[TableRow]) -> None:
        """One block per table. If a later block fails, the earlier ones stay; inserting them again changes nothing."""
        for table, columns, lines in by_table(rows):
            await self._database.insert(table, columns, lines)
            metrics.ROWS_INSERTED.labels(table).inc(len(lines))
