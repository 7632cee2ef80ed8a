"""Many clients in one process, each at a microphone's pace, as cheap as they can be made: they shall not be the limit.

Every frame is the same, so a client writes bytes that were framed once, past websockets' own sending: masking and
framing 8,000 bytes anew would cost more than anything else here. Reading goes through websockets."""

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

from schemas.audio import FRAME_BYTES, FRAME_MS

_FRAME_S = FRAME_MS / 1000
_FRAMED = Frame(Opcode.BINARY, bytes(FRAME_BYTES)).serialize(mask=True)
_HANDSHAKE_S = 60.0
_RETRY_S = 0.1


@dataclass
class Record:
    """What all clients together saw while `on`. In seconds: from a frame's sending to the ack that covers it, and how
    much later than due frames were sent."""

    on: bool = False
    ack_delays_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)

    @property
    def acked(self) -> int:
        return len(self.ack_delays_s)


@dataclass(frozen=True)
class Where:
    """An edge, or a server that looks like one to these clients."""

    url: str
    tls: ssl.SSLContext
    token: Callable[[str], str]


class Speaker:
    """One client. `acked`: frames of its session that the server says it holds. `summed_up`: those that the summary
    tells of, once it is there. `error`: the code of what was refused last."""

    def __init__(self, name: str, where: Where, record: Record) -> None:
        self._name = name
        self._where = where
        self._record = record
        self._socket: ClientConnection | None = None
        self._resume_token: str | None = None
        self._started = asyncio.Event()
        self._unacked: deque[float] = deque()  # when they were sent
        self._speaking: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._progress = asyncio.Event()
        self._began_s: float | None = None
        self.acked = 0
        self.summed_up: int | None = None
        self.error: str | None = None

    async def connect(self) -> None:
        """Open a connection and log in; tries again while the server takes nobody."""
        while True:
            try:
                self._socket = await connect(
                    self._where.url,
                    ssl=self._where.tls,
                    compression=None,
                    open_timeout=_HANDSHAKE_S,
                    ping_interval=None,
                    proxy=None,
                )
                break
            except (OSError, InvalidHandshake, InvalidMessage):
                await asyncio.sleep(_RETRY_S)
        self._lost.clear()
        await self._socket.send(json.dumps({"type": "auth", "token": self._where.token(self._name)}))
        await self._socket.recv()

    async def begin(self) -> None:
        """Start a session, or go on with the one there was; returns once the server says `started`."""
        assert self._socket is not None, "connect first"
        wish: dict[str, object] = {"questions": 0}
        if self._resume_token is not None:
            wish = {"resume": self._resume_token, "from_frame": self.acked, "have_final": 0}
        self._started.clear()
        self._unacked.clear()
        await self._socket.send(json.dumps({"type": "start", **wish}))
        self._reading = asyncio.create_task(self._read(self._socket))
        await self._started.wait()

    def speak(self, delay_s: float = 0.0) -> None:
        """Frames at real time, from so long after now on. After a return, those that were not acknowledged and those
        spoken meanwhile come first, at once."""
        if self._began_s is None:
            self._began_s = time.monotonic() + delay_s
        self._speaking = asyncio.create_task(self._speak(self._began_s))

    async def acked_more(self, than: int) -> None:
        """Returns once more frames than these are acknowledged."""
        while self.acked <= than:
            self._progress.clear()
            await self._progress.wait()

    async def end(self) -> None:
        """Say no more, and leave once the server has closed."""
        await self.hush()
        if self._socket is None:
            return
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send('{"type":"end"}')
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await self._lost.wait()
        await self.leave()

    async def hush(self) -> None:
        if self._speaking:
            self._speaking.cancel()
            await asyncio.wait({self._speaking})
            self._speaking = None

    def cut(self) -> None:
        """As if the network were gone: no close, no goodbye."""
        if self._socket:
            self._socket.transport.abort()

    async def gone(self) -> None:
        """Returns once the connection is over, whoever ended it."""
        await self._lost.wait()

    async def leave(self) -> None:
        await self.hush()
        if self._socket:
            await self._socket.close()
        if self._reading:
            await asyncio.wait({self._reading})

    async def _speak(self, began_s: float) -> None:
        assert self._socket is not None, "connect first"
        transport, record = self._socket.transport, self._record
        due_s = began_s + self.acked * _FRAME_S
        while not self._lost.is_set():
            await asyncio.sleep(due_s - time.monotonic())
            now_s = time.monotonic()
            transport.write(_FRAMED)
            self._unacked.append(now_s)
            if record.on:
                record.late_s.append(now_s - due_s)
            due_s += _FRAME_S

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                message = json.loads(text)
                kind = message["type"]
                if kind == "ack":
                    self._take_ack(message["frames"])
                elif kind == "started":
                    self._resume_token = message["resume_token"]
                    self._started.set()
                elif kind == "summary":
                    self.summed_up = message["audio_ms"] // FRAME_MS
                elif kind == "error":
                    self.error = message["code"]
        except ConnectionClosed:
            pass
        finally:
            self._lost.set()
            self._started.set()

    def _take_ack(self, frames: int) -> None:
        now_s = time.monotonic()
        for _ in range(frames - self.acked):
            sent_s = self._unacked.popleft() if self._unacked else now_s
            if self._record.on:
                self._record.ack_delays_s.append(now_s - sent_s)
        self.acked = max(self.acked, frames)
        self._progress.set()


class Swarm:
    """So many of them at one server."""

    def __init__(self, count: int, where: Where) -> None:
        self.record = Record()
        self.speakers = [Speaker(f"speaker-{number}", where, self.record) for number in range(count)]

    async def connect(self, at_once: int = 50) -> None:
        turn = asyncio.Semaphore(at_once)

        async def one(speaker: Speaker) -> None:
            async with turn:
                await speaker.connect()

        await asyncio.gather(*map(one, self.speakers))

    async def speak(self) -> None:
        """All begin, spread over one frame's length, as they would be."""
        await asyncio.gather(*(speaker.begin() for speaker in self.speakers))
        for number, speaker in enumerate(self.speakers):
            speaker.speak(number * _FRAME_S / len(self.speakers))

    async def leave(self) -> None:
        await asyncio.gather(*(speaker.leave() for speaker in self.speakers))

    async def end(self) -> None:
        await asyncio.gather(*(speaker.end() for speaker in self.speakers))

    def errors(self) -> Sequence[str]:
        return sorted({speaker.error for speaker in self.speakers if speaker.error})
