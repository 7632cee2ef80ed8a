"""The clients that compare doors, at servers that keep up and servers that do not."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection, serve

from bench.peers.door.client_protocols import S16LE, rostrum_progress_s
from bench.peers.door.load_clients import ClientProtocol
from bench.peers.door.measurement import DoorMeasurement
from bench.peers.door.sampling import measure_server

CLIENTS, SECONDS = 4, 2.0


async def keeps_up(connection: ServerConnection) -> None:
    frames = 0
    async for _ in connection:
        frames += 1
        await connection.send(f'{{"type":"ack","frames":{frames}}}')


async def does_not_read(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def no_handshake(_socket: ClientConnection, _name: str) -> None:
    """These servers expect none."""


async def measured(handle: Callable[[ServerConnection], Awaitable[None]]) -> DoorMeasurement:
    async with serve(handle, "127.0.0.1", 0, max_queue=1, close_timeout=0.1) as server:
        port = server.sockets[0].getsockname()[1]
        protocol = ClientProtocol(f"ws://127.0.0.1:{port}", None, S16LE, no_handshake, rostrum_progress_s)
        return await measure_server(os.getpid(), protocol, CLIENTS, SECONDS)


async def test_a_server_that_keeps_up_is_held_and_a_stalled_one_is_not() -> None:
    prompt, stalled = await asyncio.gather(measured(keeps_up), measured(does_not_read))

    assert prompt.kept_up
    assert prompt.progress_share == pytest.approx(1.0, abs=0.15)
    assert not stalled.kept_up
    assert stalled.progress_share == 0
    assert stalled.pong_ms(0.0) >= 1000
