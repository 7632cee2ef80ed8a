"""The clients that the edge and other servers are compared by, at servers that keep up and that do not."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection, serve

from bench.peers.door.client_protocols import S16LE, rostrum_heard_s
from bench.peers.door.load_clients import Manner
from bench.peers.door.measurement import Seen
from bench.peers.door.sampling import watched

CLIENTS, SECONDS = 4, 2.0


async def keeps_up(connection: ServerConnection) -> None:
    frames = 0
    async for _ in connection:
        frames += 1
        await connection.send(f'{{"type":"ack","frames":{frames}}}')


async def does_not_read(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def greet(_socket: ClientConnection, _name: str) -> None:
    """Nothing is asked of these clients."""


async def seen_of(handle: Callable[[ServerConnection], Awaitable[None]]) -> Seen:
    async with serve(handle, "127.0.0.1", 0, max_queue=1, close_timeout=0.1) as server:
        port = server.sockets[0].getsockname()[1]
        manner = Manner(f"ws://127.0.0.1:{port}", None, S16LE, greet, rostrum_heard_s)
        return await watched(os.getpid(), manner, CLIENTS, SECONDS)


async def test_a_server_that_reads_in_time_is_told_from_one_that_does_not() -> None:
    prompt, stalled = await asyncio.gather(seen_of(keeps_up), seen_of(does_not_read))

    assert prompt.held
    assert prompt.heard_share == pytest.approx(1.0, abs=0.15)
    assert not stalled.held
    assert stalled.heard_share == 0
    assert stalled.pong_ms(0.0) >= 1000
