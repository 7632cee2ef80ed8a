"""Sends what the resend buffer holds over one connection, and finds out when that connection is dead."""

import asyncio
from collections.abc import Callable

from client.connection import EdgeConnection
from client.resend_buffer import Outgoing, ResendBuffer

SILENCE_S = 20.0
"""An ack is due at least once a second; a connection without any message for so long is taken for dead."""
_SILENCE_CHECK_S = 1.0
# What has waited for a connection goes out faster than it was spoken, but no faster than servers take it.
_CATCH_UP_SPEED = 8
_CATCH_UP_BURST_S = 20


class Sender:
    """For one connection after another."""

    def __init__(self, buffer: ResendBuffer, bytes_per_s: int, on_sent: Callable[[Outgoing], None]) -> None:
        self._buffer = buffer
        self._bytes_per_s = bytes_per_s
        self._on_sent = on_sent
        self._appended = asyncio.Event()
        self._received_s = 0.0

    def append(self, item: Outgoing) -> None:
        """Raises BufferFull."""
        self._buffer.append(item)
        self._appended.set()

    def received(self) -> None:
        """The server sent something: it is there."""
        self._received_s = asyncio.get_running_loop().time()

    async def send(self, connection: EdgeConnection) -> None:
        """Send everything, and whatever is appended, until cancelled."""
        connected_s, audio_s = asyncio.get_running_loop().time(), 0.0
        while True:
            while (item := self._buffer.next_unsent()) is not None:
                if isinstance(item, bytes):
                    audio_s += len(item) / self._bytes_per_s
                    await _sleep_until(connected_s + (audio_s - _CATCH_UP_BURST_S) / _CATCH_UP_SPEED)
                self._on_sent(item)
                await connection.send(item)
            self._appended.clear()
            await self._appended.wait()

    async def cut_if_silent(self, connection: EdgeConnection) -> None:
        """Cut the connection once the server owes acknowledgements and sends nothing at all: a network that fails
        need not close its connections."""
        loop = asyncio.get_running_loop()
        silent_since_s = loop.time()
        while loop.time() - silent_since_s < SILENCE_S:
            await asyncio.sleep(_SILENCE_CHECK_S)
            owed = self._buffer.frames_unacked > 0
            silent_since_s = max(silent_since_s, self._received_s) if owed else loop.time()
        connection.cut()


async def _sleep_until(at_s: float) -> None:
    wait_s = at_s - asyncio.get_running_loop().time()
    if wait_s > 0:
        await asyncio.sleep(wait_s)
