"""Many clients in one process, each sending in real time, at the lowest possible cost: they must not be the bottleneck.

All frames are the same, so a client writes bytes that were framed once and bypasses websockets' own sending: masking
and framing 8,000 bytes again would cost more than anything else here. Reading goes through websockets, and what is sent
again after a resume comes from the client's resend buffer."""

import asyncio
import contextlib
import json
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.frames import Frame, Opcode

from client.resend_buffer import ResendBuffer
from schemas.audio import FRAME_BYTES, FRAME_MS
from schemas.wire import Start

_FRAME_S = FRAME_MS / 1000
_FRAME = bytes(FRAME_BYTES)
_FRAMED = Frame(Opcode.BINARY, _FRAME).serialize(mask=True)
_START = Start(questions=0)
_HANDSHAKE_S = 60.0
_RETRY_S = 0.1
_CLOSE_S = 10.0


@dataclass
class ClientStats:
    """Of all clients together, while `on`."""

    on: bool = False
    ack_delays_s: list[float] = field(default_factory=list)
    """From a frame's sending to the ack that covers it."""
    late_s: list[float] = field(default_factory=list)
    """How much later than due frames were sent."""

    @property
    def acked(self) -> int:
        return len(self.ack_delays_s)

    def clear(self) -> None:
        self.ack_delays_s.clear()
        self.late_s.clear()


@dataclass(frozen=True)
class EdgeAddress:
    """Of an edge, or of a server that looks like one to these clients."""

    url: str
    tls: ssl.SSLContext
    token: Callable[[str], str]
    """By the user's name."""


class EdgeClient:
    def __init__(self, name: str, address: EdgeAddress, stats: ClientStats) -> None:
        self._name = name
        self._address = address
        self._stats = stats
        self._socket: ClientConnection | None = None
        self._buffer = ResendBuffer()
        self._frames_spoken = 0
        self._started = asyncio.Event()
        self._sent_at_s: deque[float] = deque()
        """Of the frames that are not acknowledged."""
        self._sending: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._disconnected = asyncio.Event()
        self._ack_received = asyncio.Event()
        self._began_s: float | None = None
        self.frames_in_summary: int | None = None
        """None until the summary comes."""
        self.error: str | None = None
        """Code of the newest error."""

    @property
    def acked(self) -> int:
        """Frames of the session that the server has acknowledged."""
        return self._buffer.frames_acked

    async def connect(self) -> None:
        """Open a connection and authenticate; tries again while the server accepts no connections."""
        while True:
            try:
                self._socket = await connect(
                    self._address.url,
                    ssl=self._address.tls,
                    compression=None,
                    open_timeout=_HANDSHAKE_S,
                    ping_interval=None,
                    proxy=None,
                )
                break
            except (OSError, InvalidHandshake, InvalidMessage):
                await asyncio.sleep(_RETRY_S)
        self._disconnected.clear()
        await self._socket.send(json.dumps({"type": "auth", "token": self._address.token(self._name)}))
        await self._socket.recv()

    async def start(self) -> None:
        """Start a session, or resume the one there was; returns on `started`."""
        assert self._socket is not None, "connect first"
        self._started.clear()
        self._sent_at_s.clear()
        await self._socket.send(self._buffer.start_message(_START).model_dump_json(exclude_none=True))
        self._reading = asyncio.create_task(self._read(self._socket))
        await self._started.wait()

    def speak(self, delay_s: float = 0.0) -> None:
        """Send frames in real time, beginning after this delay. After a resume, frames that were not acknowledged and
        those spoken meanwhile go first, at once."""
        if self._began_s is None:
            self._began_s = time.monotonic() + delay_s
        self._sending = asyncio.create_task(self._send(self._began_s))

    async def acked_beyond(self, frames: int) -> None:
        """Returns once more frames than these are acknowledged."""
        while self.acked <= frames:
            self._ack_received.clear()
            await self._ack_received.wait()

    async def end(self) -> None:
        """End the session, and leave once the server has closed the connection."""
        await self.stop_speaking()
        if self._socket is None:
            return
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send('{"type":"end"}')
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._disconnected.wait()
        await self.leave()

    async def stop_speaking(self) -> None:
        if self._sending:
            self._sending.cancel()
            await asyncio.wait({self._sending})
            self._sending = None

    def cut(self) -> None:
        """Abort the connection without a close, as when the network fails."""
        if self._socket:
            self._socket.transport.abort()

    async def disconnected(self) -> None:
        """Returns once the connection is over, whichever side ended it."""
        await self._disconnected.wait()

    async def leave(self) -> None:
        await self.stop_speaking()
        if self._socket:
            await self._socket.close()
        if self._reading:
            await asyncio.wait({self._reading})

    async def _send(self, began_s: float) -> None:
        assert self._socket is not None, "connect first"
        transport, stats = self._socket.transport, self._stats
        while not self._disconnected.is_set():
            while self._buffer.next_unsent() is not None:  # always a whole frame
                transport.write(_FRAMED)
                self._sent_at_s.append(time.monotonic())
            due_s = began_s + self._frames_spoken * _FRAME_S
            await asyncio.sleep(due_s - time.monotonic())
            self._buffer.append(_FRAME)
            self._frames_spoken += 1
            if stats.on:
                stats.late_s.append(time.monotonic() - due_s)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                message = json.loads(text)
                kind = message["type"]
                if kind == "ack":
                    self._on_ack(message["frames"])
                elif kind == "started":
                    self._buffer.started(message["resume_token"], message["frame_bytes"], message["next_frame"])
                    self._started.set()
                elif kind == "summary":
                    self.frames_in_summary = message["audio_ms"] // FRAME_MS
                elif kind == "error":
                    self.error = message["code"]
        except ConnectionClosed:
            pass
        finally:
            self._disconnected.set()
            self._started.set()

    def _on_ack(self, frames: int) -> None:
        now_s = time.monotonic()
        for _ in range(frames - self.acked):
            sent_s = self._sent_at_s.popleft() if self._sent_at_s else now_s
            if self._stats.on:
                self._stats.ack_delays_s.append(now_s - sent_s)
        self._buffer.acknowledge(frames)
        self._ack_received.set()


class EdgeClients:
    """Several at one server."""

    def __init__(self, count: int, address: EdgeAddress) -> None:
        self.stats = ClientStats()
        self.each = [EdgeClient(f"speaker-{number}", address, self.stats) for number in range(count)]

    async def connect(self, at_once: int = 50) -> None:
        slots = asyncio.Semaphore(at_once)

        async def one(client: EdgeClient) -> None:
            async with slots:
                await client.connect()

        await asyncio.gather(*map(one, self.each))

    async def speak(self) -> None:
        """All start and speak, spread evenly over the length of a frame."""
        await asyncio.gather(*(client.start() for client in self.each))
        for number, client in enumerate(self.each):
            client.speak(number * _FRAME_S / len(self.each))

    def cut(self) -> None:
        for client in self.each:
            client.cut()

    async def leave(self) -> None:
        await asyncio.gather(*(client.leave() for client in self.each))

    async def end(self) -> None:
        await asyncio.gather(*(client.end() for client in self.each))

    def errors(self) -> Sequence[str]:
        return sorted({client.error for client in self.each if client.error})
