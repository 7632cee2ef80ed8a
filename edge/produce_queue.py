"""What waits for Kafka: a queue of each connection, between its reader and its writer, and the bytes of all together.

At a high mark a socket is read no further until the low one is reached: between the two nothing changes, so nobody is
stopped and started with every record.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from edge import metrics

Item = TypeVar("Item")


@dataclass(frozen=True)
class Marks:
    high: int
    low: int


class Reservoir:
    """The bytes that wait for Kafka, of all connections. Taking in never waits; whoever is about to bring more waits
    for room. So there are more than `high` by one message of each connection at most."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._room = asyncio.Event()
        self._room.set()
        self.bytes = 0

    def fill(self, count: int) -> None:
        self.bytes += count
        if self.bytes >= self._marks.high:
            self._room.clear()

    def drain(self, count: int) -> None:
        self.bytes -= count
        if self.bytes <= self._marks.low:
            self._room.set()

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def room(self) -> None:
        await self._room.wait()


class Backlog(Generic[Item]):
    """Putting never waits, so that one event's effects are done without interruption; whoever causes them waits for
    room before causing more. So the queue exceeds its high mark by one event's effects at most. `size`: an item's
    bytes, which are in the reservoir from being put until `settled`."""

    def __init__(self, marks: Marks, reservoir: Reservoir, size: Callable[[Item], int]) -> None:
        self._marks = marks
        self._reservoir = reservoir
        self._size = size
        self._items: deque[Item] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._finished = False
        self._unsettled_bytes = 0

    def put(self, item: Item) -> None:
        self._items.append(item)
        self._count(self._size(item))
        self._filled.set()
        if len(self._items) >= self._marks.high:
            self._room.clear()

    @property
    def has_room(self) -> bool:
        """Here and among all."""
        return self._room.is_set() and self._reservoir.has_room

    async def room(self) -> None:
        """Waits until there is room."""
        with metrics.UNREAD.labels("kafka").track_inprogress():
            await self._room.wait()
            await self._reservoir.room()

    async def take(self) -> Item | None:
        """The oldest item; waits for one. None once the queue is finished and empty."""
        while not self._items:
            if self._finished:
                return None
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if len(self._items) <= self._marks.low:
            self._room.set()
        return item

    def settled(self, item: Item) -> None:
        """What was taken needs no memory any more."""
        self._count(-self._size(item))

    def __len__(self) -> int:
        return len(self._items)

    def finish(self) -> None:
        """Nothing more will be put."""
        self._finished = True
        self._filled.set()

    def abandon(self) -> None:
        """Nothing more will be taken; what is left is given up."""
        self._items.clear()
        self._count(-self._unsettled_bytes)

    def _count(self, count: int) -> None:
        self._unsettled_bytes += count
        if count > 0:
            self._reservoir.fill(count)
        else:
            self._reservoir.drain(-count)
