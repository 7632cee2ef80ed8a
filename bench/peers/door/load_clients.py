"""Clients of any server that takes audio over a WebSocket, all alike: 250 ms four times a second, and once a second a
ping right after the audio, whose pong tells how soon the server reads what was sent.

As in `bench.edge.edge_clients`, a client writes bytes that were framed once and bypasses websockets' own sending."""

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import Frame, Opcode

from infra.errors import Unavailable
from schemas.audio import FRAME_MS

FRAME_S = FRAME_MS / 1000
_PING_EVERY = 4
"""Chunks. Clients begin spread over as many, so that what a server does once a second for each is spread evenly."""
_CONNECT_S = 20.0
_AT_ONCE = 20
_LEAVE_S = 5.0
_KEPT_MESSAGES = 8
_AHEAD_S = 5.0
"""Of audio in one message, where a client begins with some."""


@dataclass(frozen=True)
class ClientProtocol:
    """How a server's clients speak to it."""

    url: str
    tls: ssl.SSLContext | None
    chunk: bytes
    """250 ms of audio as they are sent."""
    handshake: Callable[[ClientConnection, str], Awaitable[None]]
    """What precedes the audio, given the client's name."""
    progress_s: Callable[[str], float | None]
    """How many seconds of its client's audio a message of the server covers; None if it does not say."""
    ahead_s: tuple[float, float] = (0.0, 0.0)
    """Seconds of audio that clients begin with, from the first client's to the last one's, so that the server is in the
    state of one whose clients have spoken for a while."""


@dataclass
class PingTiming:
    sent_s: float
    took_s: float | None = None
    """Until its pong; None until there is one."""


@dataclass
class LoadStats:
    """Of all clients together, while `on`."""

    on: bool = False
    late_s: list[float] = field(default_factory=list)
    """How much later than due they sent."""
    pings: list[PingTiming] = field(default_factory=list)
    messages: int = 0

    def clear(self) -> None:
        self.late_s.clear()
        self.pings.clear()
        self.messages = 0


class LoadClient:
    def __init__(self, name: str, protocol: ClientProtocol, stats: LoadStats) -> None:
        self._name = name
        self._protocol = protocol
        self._stats = stats
        self._framed = Frame(Opcode.BINARY, protocol.chunk).serialize(mask=True)
        self._newest: deque[str] = deque(maxlen=_KEPT_MESSAGES)
        self._progress_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: ClientConnection | None = None
        self.disconnected = False

    async def connect(self) -> None:
        self._socket = await connect(
            self._protocol.url,
            ssl=self._protocol.tls,
            compression=None,
            open_timeout=None,
            ping_interval=None,
            close_timeout=_LEAVE_S,
            max_size=None,
            proxy=None,
        )
        await self._protocol.handshake(self._socket, self._name)
        self._run(self._read(self._socket))

    def speak(self, delay_s: float, ahead_s: float) -> None:
        """Send audio in real time after this delay, and before that so much of it at once."""
        assert self._socket is not None, "connect first"
        if ahead_s:
            message = Frame(Opcode.BINARY, self._protocol.chunk * round(_AHEAD_S / FRAME_S)).serialize(mask=True)
            self._socket.transport.write(message * round(ahead_s / _AHEAD_S))
        self._run(self._send(self._socket, time.monotonic() + delay_s))

    @property
    def progress_s(self) -> float:
        """Seconds of this client's audio that the server says it has processed."""
        reported = (self._protocol.progress_s(text) for text in reversed(self._newest))
        self._progress_s = next((each for each in reported if each is not None), self._progress_s)
        return self._progress_s

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._socket:
            await self._socket.close()

    def _run(self, what: Awaitable[None]) -> None:
        task = asyncio.ensure_future(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, socket: ClientConnection, due_s: float) -> None:
        chunks = 0
        while not self.disconnected:
            await asyncio.sleep(due_s - time.monotonic())
            now_s = time.monotonic()
            socket.transport.write(self._framed)
            chunks += 1
            if self._stats.on:
                self._stats.late_s.append(now_s - due_s)
                if chunks % _PING_EVERY == 0:
                    ping = PingTiming(now_s)
                    self._stats.pings.append(ping)
                    self._run(_time_pong(socket, ping))
            due_s += FRAME_S

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                self._stats.messages += self._stats.on
                self._newest.append(str(text))
        self.disconnected = True


async def _time_pong(socket: ClientConnection, ping: PingTiming) -> None:
    """A ping whose connection is closed before its pong stays without one."""
    with contextlib.suppress(ConnectionClosed):
        await (await socket.ping())
        ping.took_s = time.monotonic() - ping.sent_s


class LoadClients:
    """Several at one server."""

    def __init__(self, count: int, protocol: ClientProtocol) -> None:
        self.stats = LoadStats()
        self._ahead_s = protocol.ahead_s
        self._each = [LoadClient(f"client-{number}", protocol, self.stats) for number in range(count)]

    async def connect(self) -> None:
        """Raises Unavailable if the server does not accept all of them in time."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(client: LoadClient) -> None:
            async with slots:
                await client.connect()

        try:
            async with asyncio.timeout(_CONNECT_S), asyncio.TaskGroup() as group:
                for client in self._each:
                    group.create_task(one(client))
        except* (OSError, WebSocketException, Unavailable) as errors:
            raise Unavailable(
                f"{len(self._each)} clients could not connect within {_CONNECT_S:.0f} s.", "See the server's log."
            ) from errors

    def speak(self) -> None:
        least_s, most_s = self._ahead_s
        for number, client in enumerate(self._each):
            share = number / len(self._each)
            client.speak(share * _PING_EVERY * FRAME_S, least_s + share * (most_s - least_s))

    def progress_s(self) -> Sequence[float]:
        return [client.progress_s for client in self._each]

    @property
    def disconnected(self) -> int:
        return sum(client.disconnected for client in self._each)

    async def leave(self) -> None:
        await asyncio.gather(*(client.leave() for client in self._each))
