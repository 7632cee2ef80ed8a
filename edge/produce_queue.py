"""Records that wait for Kafka: one queue per connection, between its reader and its writer, and a byte budget for all.

At the high watermark the socket is not read any more until the low one is reached; between the two nothing changes, so
reading is not stopped and started with every record.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from edge import metrics

Item = TypeVar("Item")


@dataclass(frozen=True)
class Watermarks:
    high: int
    low: int


class ByteBudget:
    """The bytes of all connections that wait for Kafka. Reserving never waits; a reader waits for room before it reads
    more. So `high` is exceeded by one message of each connection at most."""

    def __init__(self, watermarks: Watermarks) -> None:
        self._watermarks = watermarks
        self._room = asyncio.Event()
        self._room.set()
        self.bytes = 0

    def reserve(self, count: int) -> None:
        self.bytes += count
        if self.bytes >= self._watermarks.high:
            self._room.clear()

    def release(self, count: int) -> None:
        self.bytes -= count
        if self.bytes <= self._watermarks.low:
            self._room.set()

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def room(self) -> None:
        await self._room.wait()


class ProduceQueue(Generic[Item]):
    """`put` never waits, so that one event's effects are carried out without interruption; a reader waits for `room`
    before it causes more. So the high watermark is exceeded by one event's effects at most."""

    def __init__(self, watermarks: Watermarks, budget: ByteBudget, size: Callable[[Item], int]) -> None:
        """`size`: an item's bytes, which are reserved from `put` to `task_done`."""
        self._watermarks = watermarks
        self._budget = budget
        self._size = size
        self._items: deque[Item] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._finished = False
        self._reserved_bytes = 0

    def put(self, item: Item) -> None:
        self._items.append(item)
        self._reserve(self._size(item))
        self._filled.set()
        if len(self._items) >= self._watermarks.high:
            self._room.clear()

    @property
    def has_room(self) -> bool:
        """In this queue and in the budget of all."""
        return self._room.is_set() and self._budget.has_room

    async def room(self) -> None:
        """Waits until there is room."""
        with metrics.PAUSED_READS.labels("kafka").track_inprogress():
            await self._room.wait()
            await self._budget.room()

    async def get(self) -> Item | None:
        """The oldest item; waits for one. None once the queue is finished and empty."""
        while not self._items:
            if self._finished:
                return None
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if len(self._items) <= self._watermarks.low:
            self._room.set()
        return item

    def task_done(self, item: Item) -> None:
        """Kafka has accepted the item, so its memory is free."""
        self._reserve(-self._size(item))

    def __len__(self) -> int:
        return len(self._items)

    def finish(self) -> None:
        """Nothing more will be put."""
        self._finished = True
        self._filled.set()

    def discard(self) -> None:
        """Nothing more will be taken; the rest is dropped."""
        self._items.clear()
        self._reserve(-self._reserved_bytes)

    def _reserve(self, count: int) -> None:
        self._reserved_bytes += count
        if count > 0:
            self._budget.reserve(count)
        else:
            self._budget.release(-count)
