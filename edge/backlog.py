"""A queue between a connection's reader and its writer."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Backlog(Generic[Item]):
    """Putting never waits, so that one event's effects are done without interruption; whoever causes them waits for
    room before causing more. So the queue exceeds `high` by one event's effects at most."""

    def __init__(self, high: int) -> None:
        self._high = high
        self._items: deque[Item] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._finished = False

    def put(self, item: Item) -> None:
        self._items.append(item)
        self._filled.set()
        if len(self._items) >= self._high:
            self._room.clear()

    async def room(self) -> None:
        """Returns when there are fewer than `high` items."""
        await self._room.wait()

    async def take(self) -> Item | None:
        """The oldest item; waits for one. None once the queue is finished and empty."""
        while not self._items:
            if self._finished:
                return None
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if len(self._items) < self._high:
            self._room.set()
        return item

    def __len__(self) -> int:
        return len(self._items)

    def finish(self) -> None:
        """Nothing more will be put."""
        self._finished = True
        self._filled.set()
