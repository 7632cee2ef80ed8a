"""Messages that the server sent and the program has not read yet."""

import asyncio
from collections import deque

from schemas.wire import Ack, Partial, ServerMessage

MAX_MESSAGES = 10_000
_LATEST_ONLY = (Ack, Partial)
"""Each replaces the one before: only the newest is kept."""


class Inbox:
    """Bounded: an unread partial or ack is dropped when a newer one arrives, and while it is full `wait_for_room`
    waits. It has one reader."""

    def __init__(self, max_messages: int = MAX_MESSAGES) -> None:
        self._max_messages = max_messages
        self._messages: deque[ServerMessage] = deque()
        self._closed = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def put(self, message: ServerMessage) -> None:
        if isinstance(message, _LATEST_ONLY):
            outdated = next((each for each in self._messages if type(each) is type(message)), None)
            if outdated is not None:
                self._messages.remove(outdated)
        self._messages.append(message)
        self._changed.set()
        if len(self._messages) >= self._max_messages:
            self._room.clear()

    async def wait_for_room(self) -> None:
        await self._room.wait()

    def close(self) -> None:
        """Nothing follows; what is there can still be read."""
        self._closed = True
        self._changed.set()

    async def get(self) -> ServerMessage | None:
        """The oldest message; None once it is closed and empty."""
        while not self._messages:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        message = self._messages.popleft()
        if len(self._messages) < self._max_messages:
            self._room.set()
        return message
