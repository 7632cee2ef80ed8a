"""A ClickHouse database for asyncio: clients block, so each has a thread of its own."""

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


class _Lane:
    """One client and the one thread that uses it; the client is made in that thread when first needed."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clickhouse")

    async def run(self, work: Callable[[Client], ResultT]) -> ResultT:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[Client], ResultT]) -> ResultT:
        if self._client is None:
            self._client = self._connect()
        with _translated():
            return work(self._client)

    async def close(self) -> None:
        def close() -> None:
            if self._client is not None:
                self._client.close()

        await asyncio.get_running_loop().run_in_executor(self._thread, close)
        self._thread.shutdown()


class Database:
    """One writer, so that writes happen in the order they were asked for, and a few readers. Every method raises
    Unavailable if ClickHouse does not answer or cannot do it now, RostrumError if it refuses."""

    def __init__(self, connect: Connect, readers: int) -> None:
        self._writer = _Lane(connect)
        self._readers = [_Lane(connect) for _ in range(readers)]
        self._free: asyncio.Queue[_Lane] = asyncio.Queue()
        for lane in self._readers:
            self._free.put_nowait(lane)

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Rows as one block: they become visible together. Raises Unprocessable if a value does not fit its column."""
        await self._writer.run(lambda client: client.insert(table, rows, column_names=columns))

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """A statement that changes something, after all inserts that were asked for before it."""
        await self._writer.run(lambda client: client.command(sql, parameters=dict(parameters or {})))

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows as dictionaries by column name. Parameters are bound by the server: `{name:Type}` in the text."""
        async with self._reader() as lane:
            return await lane.run(
                lambda client: list(client.query(sql, parameters=dict(parameters or {})).named_results())
            )

    async def ping(self) -> None:
        await self.query("SELECT 1")

    async def close(self) -> None:
        """Waits for what is running."""
        for lane in (self._writer, *self._readers):
            await lane.close()

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[_Lane]:
        lane = await self._free.get()
        try:
            yield lane
        finally:
            self._free.put_nowait(lane)


# Codes of ClickHouse's src/Common/ErrorCodes.cpp for what may pass: time-outs, networks, too much at once, no room, a
# replica or its keeper away. Any other code means that this program or the server's set-up is wrong.
_MAY_PASS = frozenset({159, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285, 319, 394, 425, 439, 473, 999})


@contextmanager
def _translated() -> Iterator[None]:
    """Errors by what the caller does next: dead-letter the value, try again, or stop."""
    try:
        yield
    except (DataError, UnicodeEncodeError, OverflowError, struct.error) as error:
        raise Unprocessable(f"A value does not fit its column ({error}).", "Its writer must be mended.") from error
    except ClickHouseError as error:
        code = error.code if isinstance(error, Error) else None
        if code is None or code in _MAY_PASS:
            reason = f"error {code}, {error.name}" if isinstance(error, Error) and code else type(error).__name__
            raise Unavailable(f"ClickHouse cannot do it now ({reason}).", "Its log says more.") from error
        raise RostrumError(
            f"ClickHouse refuses: {str(error).partition(chr(10))[0][:_MAX_MESSAGE]}",
            "Check the user's rights and that nobody changed the tables by hand.",
        ) from error
