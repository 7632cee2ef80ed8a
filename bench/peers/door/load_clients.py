"""Clients of any server that takes audio over a WebSocket, all alike: 250 ms four times a second, and once a second a
ping right behind the audio, whose pong tells how soon the server comes to read what was sent.

As in `swarm`, a client writes bytes that were framed once, past websockets' own sending."""

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
"""Chunks. Clients begin spread over as many, so that what a server does once a second for each falls at all times."""
_CONNECT_S = 20.0
_AT_ONCE = 20
_LEAVE_S = 5.0
_KEPT_MESSAGES = 8
_AHEAD_S = 5.0
"""Of audio in one message, where a client begins with some."""


@dataclass(frozen=True)
class Manner:
    """How a server is spoken to. `chunk`: 250 ms of audio as they are sent. `greet`: what goes before the audio, given
    the client's name. `heard_s`: how many seconds of its client's audio a message of the server covers; None if it
    does not say. `ahead_s`: seconds of audio that clients begin with, from the first one's to the last one's, so that
    the server stands as if they had spoken for a while."""

    url: str
    tls: ssl.SSLContext | None
    chunk: bytes
    greet: Callable[[ClientConnection, str], Awaitable[None]]
    heard_s: Callable[[str], float | None]
    ahead_s: tuple[float, float] = (0.0, 0.0)


@dataclass
class Ping:
    """`took_s`: until its pong; None while there is none."""

    sent_s: float
    took_s: float | None = None


@dataclass
class Counted:
    """What all clients together saw while `on`. `late_s`: how much later than due they sent."""

    on: bool = False
    late_s: list[float] = field(default_factory=list)
    pings: list[Ping] = field(default_factory=list)
    messages: int = 0

    def clear(self) -> None:
        self.late_s.clear()
        self.pings.clear()
        self.messages = 0


class Caller:
    """One client. `lost`: the server has closed."""

    def __init__(self, name: str, manner: Manner, counted: Counted) -> None:
        self._name = name
        self._manner = manner
        self._counted = counted
        self._framed = Frame(Opcode.BINARY, manner.chunk).serialize(mask=True)
        self._newest: deque[str] = deque(maxlen=_KEPT_MESSAGES)
        self._heard_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: ClientConnection | None = None
        self.lost = False

    async def connect(self) -> None:
        self._socket = await connect(
            self._manner.url,
            ssl=self._manner.tls,
            compression=None,
            open_timeout=None,
            ping_interval=None,
            close_timeout=_LEAVE_S,
            max_size=None,
            proxy=None,
        )
        await self._manner.greet(self._socket, self._name)
        self._go(self._read(self._socket))

    def speak(self, delay_s: float, ahead_s: float) -> None:
        """Audio at real time, from so long after now on; before that so much of it at once."""
        assert self._socket is not None, "connect first"
        if ahead_s:
            message = Frame(Opcode.BINARY, self._manner.chunk * round(_AHEAD_S / FRAME_S)).serialize(mask=True)
            self._socket.transport.write(message * round(ahead_s / _AHEAD_S))
        self._go(self._speak(self._socket, time.monotonic() + delay_s))

    @property
    def heard_s(self) -> float:
        """Seconds of this client's audio that the server says it is through with."""
        told = (self._manner.heard_s(text) for text in reversed(self._newest))
        self._heard_s = next((heard for heard in told if heard is not None), self._heard_s)
        return self._heard_s

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._socket:
            await self._socket.close()

    def _go(self, what: Awaitable[None]) -> None:
        task = asyncio.ensure_future(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _speak(self, socket: ClientConnection, due_s: float) -> None:
        chunks = 0
        while not self.lost:
            await asyncio.sleep(due_s - time.monotonic())
            now_s = time.monotonic()
            socket.transport.write(self._framed)
            chunks += 1
            if self._counted.on:
                self._counted.late_s.append(now_s - due_s)
                if chunks % _PING_EVERY == 0:
                    ping = Ping(now_s)
                    self._counted.pings.append(ping)
                    self._go(_answered(socket, ping))
            due_s += FRAME_S

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                self._counted.messages += self._counted.on
                self._newest.append(str(text))
        self.lost = True


async def _answered(socket: ClientConnection, ping: Ping) -> None:
    """One that the connection does not live to see answered stays without an answer."""
    with contextlib.suppress(ConnectionClosed):
        await (await socket.ping())
        ping.took_s = time.monotonic() - ping.sent_s


class Callers:
    """So many of them at one server."""

    def __init__(self, count: int, manner: Manner) -> None:
        self.counted = Counted()
        self._ahead_s = manner.ahead_s
        self._each = [Caller(f"caller-{number}", manner, self.counted) for number in range(count)]

    async def connect(self) -> None:
        """Raises Unavailable if the server does not take them all in time."""
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(caller: Caller) -> None:
            async with turn:
                await caller.connect()

        try:
            async with asyncio.timeout(_CONNECT_S), asyncio.TaskGroup() as group:
                for caller in self._each:
                    group.create_task(one(caller))
        except* (OSError, WebSocketException, Unavailable) as errors:
            raise Unavailable(
                f"{len(self._each)} clients could not be connected in {_CONNECT_S:.0f} s.", "See the server's log."
            ) from errors

    def speak(self) -> None:
        least_s, most_s = self._ahead_s
        for number, caller in enumerate(self._each):
            share = number / len(self._each)
            caller.speak(share * _PING_EVERY * FRAME_S, least_s + share * (most_s - least_s))

    def heard_s(self) -> Sequence[float]:
        return [caller.heard_s for caller in self._each]

    @property
    def lost(self) -> int:
        return sum(caller.lost for caller in self._each)

    async def leave(self) -> None:
        await asyncio.gather(*(caller.leave() for caller in self._each))
