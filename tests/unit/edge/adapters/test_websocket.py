"""The WebSocket server, over loopback: dead and slow clients, limits, and closes that end in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from edge.adapters import websocket
from edge.adapters.websocket import PATH, Handler, WebSocket, listening_socket, serve_websockets
from edge.connection_limits import ConnectionLimiter
from edge.core.admission.handshake import HandshakeRules, networks
from edge.ports import SocketClosed
from infra.errors import RostrumError
from tests.support.waiting import DEADLINE_S


@asynccontextmanager
async def talking(converse: Handler, limiter: ConnectionLimiter | None = None) -> AsyncIterator[ClientConnection]:
    listener = listening_socket("EDGE_PORT", "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{listener.getsockname()[1]}{PATH}"
    async with (
        asyncio.timeout(DEADLINE_S),
        serve_websockets(listener, None, limiter or ConnectionLimiter(HandshakeRules()), converse),
        connect(url, compression=None) as client,
    ):
        yield client


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_PING_INTERVAL_S", 0.05)
    monkeypatch.setattr(websocket, "_DEAD_AFTER_S", 0.1)
    monkeypatch.setattr(websocket, "_CLOSE_TIMEOUT_S", 0.1)


async def test_messages_go_both_ways_until_the_close() -> None:
    async def converse(socket: WebSocket) -> None:
        message = await socket.receive()
        await socket.send(f"{message!r}".encode())
        await socket.close(4400, "bad_audio")
        with pytest.raises(SocketClosed):
            await socket.receive()
        with pytest.raises(SocketClosed):
            await socket.send(b"too late")

    async with talking(converse) as client:
        await client.send(b"\1\2")
        assert await client.recv() == r"b'\x01\x02'"
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4400, "bad_audio")


async def test_a_protocol_violation_differs_from_a_client_that_leaves() -> None:
    codes: list[int | None] = []
    told = asyncio.Event()

    async def converse(socket: WebSocket) -> None:
        with pytest.raises(SocketClosed) as gone:
            await socket.receive()
        codes.append(gone.value.code)
        told.set()

    async with talking(converse) as client:
        await client.send(b"\xff", text=True)
        await told.wait()
    told.clear()
    async with talking(converse) as client:
        await client.close(4000)
        await told.wait()
    told.clear()
    async with talking(converse) as client:
        client.transport.abort()
        await told.wait()
    assert codes == [1007, None, None]


@pytest.mark.usefixtures("impatient")
async def test_a_dead_client_is_dropped() -> None:
    gone = asyncio.Event()

    async def converse(socket: WebSocket) -> None:
        with pytest.raises(SocketClosed):
            await socket.receive()
        gone.set()

    async with talking(converse) as client:
        client.transport.pause_reading()  # So no ping is ever answered.
        await gone.wait()
        client.transport.resume_reading()


async def test_a_silent_client_that_answers_pings_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_PING_INTERVAL_S", 0.5)
    monkeypatch.setattr(websocket, "_DEAD_AFTER_S", 0.5)

    async def converse(socket: WebSocket) -> None:
        assert await socket.receive() == "still here"
        await socket.send(b"good")

    async with talking(converse) as client:
        await asyncio.sleep(1.2)  # Without a pong it would have been dropped after 1 s.
        await client.send("still here")
        assert await client.recv() == "good"


@pytest.mark.usefixtures("impatient")
async def test_a_client_that_is_not_read_is_not_dead() -> None:
    async def converse(socket: WebSocket) -> None:
        await asyncio.sleep(0.4)  # Kafka is slow; the pong waits behind the audio.
        for _ in range(100):
            await socket.receive()
        await socket.send(b"all of it")

    async with talking(converse) as client:
        for _ in range(100):
            await client.send(bytes(8000))
        assert await client.recv() == "all of it"


@pytest.mark.usefixtures("impatient")
async def test_closing_a_client_that_reads_nothing_has_a_timeout() -> None:
    closed = asyncio.Event()

    async def flood(socket: WebSocket) -> None:
        while True:
            await socket.send(b"x" * 1_000_000)

    async def converse(socket: WebSocket) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flood(socket), timeout=0.2)
        await socket.close(1013, "too_slow")
        closed.set()

    async with talking(converse) as client:
        client.transport.pause_reading()
        await closed.wait()
        client.transport.resume_reading()


def test_the_error_for_a_port_in_use_names_the_setting() -> None:
    with listening_socket("EDGE_PORT", "127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(RostrumError, match=f"EDGE_PLAIN_PORT.*{port}"):
            listening_socket("EDGE_PLAIN_PORT", "127.0.0.1", port)


async def nothing(socket: WebSocket) -> None:
    with pytest.raises(SocketClosed):
        await socket.receive()


async def test_connections_beyond_the_limit_are_rejected() -> None:
    async with talking(nothing, ConnectionLimiter(HandshakeRules(max_connections=1))) as client:
        _, port = client.remote_address[:2]
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{port}{PATH}")
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "10"
        await client.close()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    async with connect(f"ws://127.0.0.1:{port}{PATH}"):
                        break
                except InvalidStatus:
                    await asyncio.sleep(0.01)


async def test_behind_a_proxy_clients_are_counted_by_forwarded_address() -> None:
    behind = ConnectionLimiter(HandshakeRules(proxies=networks(["127.0.0.1"]), max_connections_per_address=1))
    async with talking(nothing, behind) as proxy:  # A client too, from the proxy's own address.
        url = f"ws://127.0.0.1:{proxy.remote_address[1]}{PATH}"
        async with (
            connect(url, additional_headers={"X-Forwarded-For": "192.0.2.1"}),
            connect(url, additional_headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url, additional_headers={"X-Forwarded-For": "192.0.2.9, 192.0.2.1"})
            assert refused.value.response.status_code == 429


async def test_an_untrusted_forwarded_address_is_ignored() -> None:
    async with talking(nothing, ConnectionLimiter(HandshakeRules(max_connections_per_address=1))) as client:
        url = f"ws://127.0.0.1:{client.remote_address[1]}{PATH}"
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, additional_headers={"X-Forwarded-For": "192.0.2.1"})
        assert refused.value.response.status_code == 429


async def test_a_page_of_another_origin_is_rejected() -> None:
    async with talking(nothing, ConnectionLimiter(HandshakeRules(origins=("https://speak.example",)))) as client:
        url = f"ws://127.0.0.1:{client.remote_address[1]}{PATH}"
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, origin=Origin("https://evil.example"))
        assert refused.value.response.status_code == 403
        async with connect(url, origin=Origin("https://speak.example")):
            pass


async def test_a_client_that_sends_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_HANDSHAKE_TIMEOUT_S", 0.1)
    listener = listening_socket("EDGE_PORT", "127.0.0.1", 0)
    async with (
        asyncio.timeout(DEADLINE_S),
        serve_websockets(listener, None, ConnectionLimiter(HandshakeRules()), nothing),
    ):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        await reader.read()
        writer.close()
        await writer.wait_closed()
