"""A ClickHouse database for asyncio: its clients block, so each has its own thread."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error

from infra.clickhouse.connect import Connect
from infra.errors import RostrumError, Unavailable, Unprocessable

ResultT = TypeVar("ResultT")

_MAX_MESSAGE = 300


class _Worker:
    """One client and the only thread that uses it; the client is made in that thread on first use."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clickhouse")

    async def run(self, work: Callable[[Client], ResultT]) -> ResultT:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[Client], ResultT]) -> ResultT:
        if self._client is None:
            self._client = self._connect()
        with _errors_translated():
            return work(self._client)

    async def close(self) -> None:
        def close() -> None:
            if self._client is not None:
                self._client.close()

        await asyncio.get_running_loop().run_in_executor(self._thread, close)
        self._thread.shutdown()


class Database:
    """One writer, so that writes happen in the order of the calls, and a few readers. Every method raises Unavailable
    if ClickHouse does not answer or is temporarily unable to, RostrumError if it refuses."""

    def __init__(self, connect: Connect, readers: int) -> None:
        self._writer = _Worker(connect)
        self._readers = [_Worker(connect) for _ in range(readers)]
        self._idle_readers: asyncio.Queue[_Worker] = asyncio.Queue()
        for worker in self._readers:
            self._idle_readers.put_nowait(worker)

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Inserts the rows as one block: they become visible together. Raises Unprocessable if a value does not fit its
        column."""
        await self._writer.run(lambda client: client.insert(table, rows, column_names=columns))

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs a statement that changes something, after all earlier inserts."""
        await self._writer.run(lambda client: client.command(sql, parameters=dict(parameters or {})))

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows as dictionaries by column name. Parameters are bound by the server: `{name:Type}` in the text."""
        async with self._reader() as worker:
            return await worker.run(
                lambda client: list(client.query(sql, parameters=dict(parameters or {})).named_results())
            )

    async def ping(self) -> None:
        await self.query("SELECT 1")

    async def close(self) -> None:
        """Waits for running statements."""
        for worker in (self._writer, *self._readers):
            await worker.close()

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[_Worker]:
        worker = await self._idle_readers.get()
        try:
            yield worker
        finally:
            self._idle_readers.put_nowait(worker)


# Codes of temporary errors in ClickHouse's src/Common/ErrorCodes.cpp: timeouts, network errors, overload, no space, an
# unavailable replica or Keeper. Any other code means that this program or the server's set-up is wrong.
_TEMPORARY = frozenset({159, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285, 319, 394, 425, 439, 473, 999})


@contextmanager
def _errors_translated() -> Iterator[None]:
    """Translates errors by what the caller does next: dead-letter the value, retry, or stop."""
    try:
        yield
    except (DataError, UnicodeEncodeError, OverflowError, struct.error) as error:
        raise Unprocessable(f"A value does not fit its column ({error}).", "Fix the stage that wrote it.") from error
    except ClickHouseError as error:
        code = error.code if isinstance(error, Error) else None
        if code is None or code in _TEMPORARY:
            reason = f"error {code}, {error.name}" if isinstance(error, Error) and code else type(error).__name__
            raise Unavailable(f"ClickHouse is temporarily unavailable ({reason}).", "See its log.") from error
        raise RostrumError(
            f"ClickHouse refuses the statement: {str(error).partition(chr(10))[0][:_MAX_MESSAGE]}",
            "Check the user's rights and that nobody changed the tables by hand.",
        ) from error
