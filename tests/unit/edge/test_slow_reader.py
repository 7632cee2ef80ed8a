"""A client that never reads, over a real socket with a small buffer: its cost is bounded, and its own."""

import asyncio
import json
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from prometheus_client import REGISTRY
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from edge import service
from edge.adapters import websocket
from edge.adapters.websocket import PATH, listening_socket, serve_websockets
from edge.connection_limits import ConnectionLimiter
from edge.core.admission.handshake import HandshakeRules
from edge.core.flow.send_queue import MAX_BYTES
from edge.registry import ConnectionRegistry
from schemas.replies import Reply, ReplyMessage
from schemas.wire import FinalMessage, Partial
from tests.support.edge.fakes import POLICY, FakePorts, Replies
from tests.support.waiting import DEADLINE_S

TEXT = "word " * 20_000
FLOOD = 80
"""Finals of 100 kB: twice as much as may wait for one client."""


class Edge:
    """All of an edge except Kafka."""

    def __init__(self, port: int, fakes: FakePorts, replies: Replies) -> None:
        self.port = port
        self.fakes = fakes
        self.replies = replies

    @asynccontextmanager
    async def client(self, user: str) -> AsyncIterator[tuple[ClientConnection, str]]:
        """A client that has started a session, and the session's id."""
        buffer = socket.socket()
        buffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        buffer.setblocking(False)
        await asyncio.get_running_loop().sock_connect(buffer, ("127.0.0.1", self.port))
        async with connect(f"ws://127.0.0.1:{self.port}{PATH}", sock=buffer, compression=None) as client:
            await client.send(json.dumps({"type": "auth", "token": user}))
            await client.send(json.dumps({"type": "start"}))
            while (message := json.loads(await client.recv()))["type"] != "started":
                pass
            try:
                yield client, message["session_id"]
            finally:
                client.transport.resume_reading()

    def say(self, session_id: str, message: ReplyMessage) -> None:
        conn = self.fakes.log.conns[session_id]
        reply = Reply(event_id="e", at_ms=0, session_id=session_id, conn=conn, heard_frames=None, message=message)
        self.replies.queue.put_nowait(reply)


@pytest.fixture
async def edge(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Edge]:
    monkeypatch.setattr(service, "_CLOSE_TIMEOUT_S", 0.2)
    monkeypatch.setattr(websocket, "_CLOSE_TIMEOUT_S", 0.2)
    fakes, replies = FakePorts(), Replies()
    registry = ConnectionRegistry(fakes.ports, POLICY)
    delivering = asyncio.create_task(registry.deliver(replies))
    listener = listening_socket("EDGE_PORT", "127.0.0.1", 0)
    async with serve_websockets(listener, None, ConnectionLimiter(HandshakeRules()), registry.handle):
        yield Edge(listener.getsockname()[1], fakes, replies)
    delivering.cancel()


def closes(code: str) -> float:
    return REGISTRY.get_sample_value("rostrum_edge_connections_closed_total", {"code": code}) or 0.0


def unsent_bytes() -> float:
    return REGISTRY.get_sample_value("rostrum_edge_send_queue_bytes") or 0.0


async def pong(client: ClientConnection) -> None:
    """Returns once the client has its answer."""
    await client.send(json.dumps({"type": "ping", "id": 1}))
    while json.loads(await client.recv())["type"] != "pong":
        pass


async def test_a_client_that_never_reads_is_closed_at_the_queues_limit(edge: Edge) -> None:
    before, most = closes("1013"), 0.0
    async with asyncio.timeout(DEADLINE_S), edge.client("slow") as (slow, slow_id), edge.client("ada") as (ada, ada_id):
        slow.transport.pause_reading()
        tracemalloc.start()
        beginning, _ = tracemalloc.get_traced_memory()
        for number in range(1, FLOOD + 1):
            edge.say(slow_id, Partial(text=TEXT, start_ms=0, end_ms=1, after_final=number - 1))
            edge.say(slow_id, final(number, TEXT))
            edge.say(ada_id, final(number, "word"))
            await pong(ada)
            most = max(most, unsent_bytes())
            if closes("1013") > before:
                break
        while closes("1013") == before:  # noqa: ASYNC110 - a metric can only be polled
            await asyncio.sleep(0.01)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert number > MAX_BYTES // (2 * len(TEXT)), "only finals count: of partials one waits at most"
        assert MAX_BYTES / 2 < most <= MAX_BYTES + 2 * len(TEXT)
        assert peak - beginning < 1.5 * MAX_BYTES
        assert unsent_bytes() < len(TEXT)
        slow.transport.resume_reading()
        numbers = [message["number"] async for message in rest(slow) if message["type"] == "final"]
        assert numbers == list(range(1, len(numbers) + 1))


async def test_pongs_that_are_not_read_are_bounded_too(edge: Edge) -> None:
    before = closes("1013")
    async with asyncio.timeout(DEADLINE_S), edge.client("slow") as (slow, _):
        slow.transport.pause_reading()
        with suppress(ConnectionClosed):
            while closes("1013") == before:
                await slow.send(json.dumps({"type": "ping", "id": "x" * 200_000}))
        assert closes("1013") == before + 1


def final(number: int, text: str) -> FinalMessage:
    return FinalMessage(number=number, text=text, start_ms=0, end_ms=1, question=None, words=())


async def rest(client: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    with suppress(ConnectionClosed):
        while True:
            yield json.loads(await client.recv())
