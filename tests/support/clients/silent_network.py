"""A network that can go: what is sent arrives nowhere, and nobody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from local.tcp_ports import LOOPBACK


class Network:
    """A way to a port of this machine. A connection that was there while the network was gone stays dead after it."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self._to_port = to_port
        self._there = asyncio.Event()
        self._there.set()
        self._outages = 0

    def go(self) -> None:
        self._there.clear()
        self._outages += 1

    def come_back(self) -> None:
        self._there.set()

    async def carry(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        to_server: asyncio.StreamWriter | None = None
        try:
            await self._there.wait()
            server, to_server = await asyncio.open_connection(LOOPBACK, self._to_port)
            await asyncio.gather(self._pump(client, to_server), self._pump(server, to_client))
        finally:
            to_client.transport.abort()
            if to_server is not None:
                to_server.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        began = self._outages
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                if self._outages == began:
                    sink.write(data)
                    await sink.drain()
        if self._outages == began:
            sink.close()
        else:
            await asyncio.Event().wait()  # The other side never learns that this one has left.


@asynccontextmanager
async def network_to(port: int) -> AsyncIterator[Network]:
    """While the block runs; at its end all connections are cut off."""
    network = Network(port)
    carried: set[asyncio.Task[None]] = set()

    async def carry(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        carried.add(task)
        # Cancelled at the end: nothing to complain of.
        with suppress(asyncio.CancelledError, ConnectionError):
            await network.carry(client, to_client)

    server = await asyncio.start_server(carry, LOOPBACK, 0)
    network.port = server.sockets[0].getsockname()[1]
    try:
        yield network
    finally:
        server.close()
        for task in carried:
            task.cancel()
        if carried:
            await asyncio.wait(carried)
