"""A connection that is over leaves nothing in memory until somebody searches for garbage: its buffers are large, and
that search is rare."""

import asyncio
import gc
import json
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from websockets.asyncio.client import ClientConnection, connect

from edge.adapters.websocket import PATH, WebSocket, listening_socket, serve_websockets
from edge.connection_limits import ConnectionLimiter
from edge.core.admission.handshake import HandshakeRules
from edge.registry import ConnectionRegistry
from schemas.audio import FRAME_BYTES
from tests.support.edge.fakes import POLICY, World
from tests.support.waiting import DEADLINE_S


@pytest.fixture
def _nobody_searches() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
async def speaker() -> AsyncIterator[tuple[ClientConnection, "weakref.ref[WebSocket]"]]:
    """One who has begun to speak, and the edge's side of the connection."""
    sockets: list[weakref.ref[WebSocket]] = []
    speakers = ConnectionRegistry(World().ports, POLICY)

    async def converse(socket: WebSocket) -> None:
        sockets.append(weakref.ref(socket))
        await speakers.handle(socket)

    listener = listening_socket("EDGE_PORT", "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{listener.getsockname()[1]}{PATH}"
    async with (
        asyncio.timeout(DEADLINE_S),
        serve_websockets(listener, None, ConnectionLimiter(HandshakeRules()), converse),
    ):
        client = await connect(url, compression=None)
        for message in ({"type": "auth", "token": "ada"}, {"type": "start"}, bytes(FRAME_BYTES)):
            await client.send(message if isinstance(message, bytes) else json.dumps(message))
            await client.recv()
        yield client, sockets[0]
        await client.close()


async def _says_goodbye(client: ClientConnection) -> None:
    await client.close()


async def _is_cut_off(client: ClientConnection) -> None:
    client.transport.abort()


async def _breaks_the_rules(client: ClientConnection) -> None:
    await client.send(b"odd")
    await client.wait_closed()


@pytest.mark.usefixtures("_nobody_searches")
@pytest.mark.parametrize("leaves", [_says_goodbye, _is_cut_off, _breaks_the_rules])
async def test_nothing_of_a_connection_remains(
    speaker: tuple[ClientConnection, "weakref.ref[WebSocket]"], leaves: Callable[[ClientConnection], Awaitable[None]]
) -> None:
    client, at_the_edge = speaker
    assert at_the_edge() is not None

    await leaves(client)

    async with asyncio.timeout(DEADLINE_S):
        while at_the_edge() is not None:  # noqa: ASYNC110 - memory that is freed tells nobody
            await asyncio.sleep(0.01)
