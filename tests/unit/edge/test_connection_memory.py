"""A closed connection is freed without garbage collection: its buffers are large, and collections are rare."""

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
from tests.support.edge.fakes import POLICY, FakePorts
from tests.support.waiting import DEADLINE_S


@pytest.fixture
def _without_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
async def speaker() -> AsyncIterator[tuple[ClientConnection, "weakref.ref[WebSocket]"]]:
    """A client that streams, and the edge's side of its connection."""
    sockets: list[weakref.ref[WebSocket]] = []
    registry = ConnectionRegistry(FakePorts().ports, POLICY)

    async def handle(socket: WebSocket) -> None:
        sockets.append(weakref.ref(socket))
        await registry.handle(socket)

    listener = listening_socket("EDGE_PORT", "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{listener.getsockname()[1]}{PATH}"
    async with (
        asyncio.timeout(DEADLINE_S),
        serve_websockets(listener, None, ConnectionLimiter(HandshakeRules()), handle),
    ):
        client = await connect(url, compression=None)
        for message in ({"type": "auth", "token": "ada"}, {"type": "start"}, bytes(FRAME_BYTES)):
            await client.send(message if isinstance(message, bytes) else json.dumps(message))
            await client.recv()
        yield client, sockets[0]
        await client.close()


async def _closes(client: ClientConnection) -> None:
    await client.close()


async def _drops(client: ClientConnection) -> None:
    client.transport.abort()


async def _violates_the_protocol(client: ClientConnection) -> None:
    await client.send(b"odd")
    await client.wait_closed()


@pytest.mark.usefixtures("_without_garbage_collection")
@pytest.mark.parametrize("leaves", [_closes, _drops, _violates_the_protocol])
async def test_a_closed_connection_is_freed_without_garbage_collection(
    speaker: tuple[ClientConnection, "weakref.ref[WebSocket]"], leaves: Callable[[ClientConnection], Awaitable[None]]
) -> None:
    client, at_the_edge = speaker
    assert at_the_edge() is not None

    await leaves(client)

    async with asyncio.timeout(DEADLINE_S):
        while at_the_edge() is not None:  # noqa: ASYNC110 - no event tells that memory is freed
            await asyncio.sleep(0.01)
