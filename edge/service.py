"""The door: what a connected client goes through, from its first message to the close.

socket → decode → the protocol's table → session's log → acknowledgement → socket
              ↖ convert, verify ↙     ↖ replies of the other stages
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from edge import metrics
from edge.backlog import Backlog
from edge.core.decoding import decode
from edge.core.effects import Admit, Announce, Append, Close, Convert, Effect, LogRecord, Send, Verify
from edge.core.events import (
    Announced,
    Converted,
    Drain,
    Event,
    Kept,
    Overrun,
    Refused,
    Replied,
    Tick,
    Unintelligible,
    Unkept,
    Unverified,
    Verified,
)
from edge.core.formats import Format
from edge.core.machine import next_tick_ms, receive
from edge.core.outbox import Outbox
from edge.core.session import Session, Speaker, Terms
from edge.counting import count
from edge.places import Places
from infra.clock import Clock
from infra.errors import Unavailable
from infra.identity import Identity, TokenRefused
from infra.telemetry import get_logger
from schemas.replies import Reply, ReplyMessage
from schemas.sessions import SessionStarted
from schemas.wire import ServerMessage

# Records that may wait for Kafka before the socket is read no further: two seconds of audio.
_MAX_WAITING_RECORDS = 8
# How long a connection that is to be closed may take to finish what it began.
_FINISH_S = 3.0

_log = get_logger("edge")


class Gone(Exception):
    """The client has left; the socket takes and gives nothing more."""


class Socket(Protocol):
    """An open WebSocket."""

    async def receive(self) -> str | bytes:
        """The next message. Raises Gone."""
        ...

    async def send(self, text: str) -> None:
        """Returns when there is room for more. Raises Gone."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Bounded in time: a client that does not answer is cut off."""
        ...


class SessionLog(Protocol):
    """Where sessions are written down; both return when what was written is held by all replicas in sync, and raise
    Unavailable if it may not be."""

    async def append(self, session_id: str, conn: str, record: LogRecord) -> None: ...
    async def announce(self, started: SessionStarted) -> None: ...


class Replies(Protocol):
    """What the other stages say to this edge's clients."""

    def for_sessions(self, ours: Callable[[str], bool]) -> AsyncIterator[Reply]:
        """Those of the sessions that are ours, without end."""
        ...


class Tokens(Protocol):
    async def verify(self, token: str) -> Identity:
        """Raises TokenRefused; Unavailable if whoever has to be asked does not answer."""
        ...


class ResumeTokens(Protocol):
    def issue(self, session_id: str, user_id: str) -> str: ...


class Ear(Protocol):
    """Makes the log's audio of what one client sends."""

    async def hear(self, data: bytes) -> Converted | Unintelligible:
        """Everything that can be made of all that has come, when it has been made."""
        ...

    async def finish(self) -> Converted | Unintelligible:
        """Nothing more will come: the rest."""
        ...

    def close(self) -> None:
        """Nobody wants the rest."""
        ...


@dataclass(frozen=True)
class Ports:
    """What a connection needs of the world. `places` is common to all connections."""

    log: SessionLog
    tokens: Tokens
    resume_tokens: ResumeTokens
    clock: Clock
    ear: Callable[[Format], Ear]
    places: Places


class Conversation:
    """One connection: does what the table says, and tells it what came of it."""

    def __init__(self, socket: Socket, ports: Ports, terms: Terms, *, conn: str, session_id: str) -> None:
        self._socket = socket
        self._ports = ports
        # Unix time that never goes back, however the machine's clock is set meanwhile.
        self._unix_offset_ms = ports.clock.now_ms() - ports.clock.monotonic_ms()
        self._session = Session(conn=conn, session_id=session_id, opened_ms=self._now_ms(), terms=terms)
        self._records: Backlog[Append | Announce] = Backlog(_MAX_WAITING_RECORDS)
        # What takes its time and has to be done before the next message is read; at most two at once.
        self._errands: asyncio.Queue[Verify | Convert] = asyncio.Queue()
        self._ear: Ear | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._outbox = Outbox()
        self._to_send = asyncio.Event()
        self._all_said = False
        self._closing: Close | None = None
        self._over = asyncio.Event()

    @property
    def session_id(self) -> str:
        return self._session.session_id

    @property
    def conn(self) -> str:
        return self._session.conn

    def deliver(self, message: ReplyMessage) -> None:
        """A later stage has something for this client. Never waits, so no client holds up another."""
        self._handle(Replied(message))

    def drain(self) -> None:
        """This process is about to stop."""
        self._handle(Drain())

    async def run(self) -> None:
        """Until the connection is closed, by whichever side. Never raises for anything that a client does."""
        try:
            await self._converse()
        finally:
            self._tasks = None
            if self._session.speaker:
                self._ports.places.leave(self.conn, self._session.speaker.user_id)

    async def _converse(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read())
            self._tasks = tasks
            self._plan_ticks()
            running = tasks.create_task(self._run_errands())
            writing = tasks.create_task(self._write())
            sending = tasks.create_task(self._send())
            await self._over.wait()
            reading.cancel()
            running.cancel()
            if self._ticking:
                self._ticking.cancel()
            await self._finish(writing, sending)

    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.receive()
                self._handle(decode(message))
                await self._errands.join()
                await self._records.room()
        except Gone:
            self._over.set()

    async def _run_errands(self) -> None:
        try:
            while True:
                errand = await self._errands.get()
                self._handle(await (self._verify(errand) if isinstance(errand, Verify) else self._convert(errand)))
                self._errands.task_done()
        finally:
            if self._ear:
                self._ear.close()

    def _plan_ticks(self) -> None:
        """Wait anew: what the old waiting was for may not be what comes next."""
        if self._tasks is None or self._over.is_set():
            return
        if self._ticking:
            self._ticking.cancel()
        self._ticking = self._tasks.create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            now_ms = self._now_ms()
            await asyncio.sleep((next_tick_ms(self._session, now_ms) - now_ms) / 1000)
            self._handle(Tick())

    async def _write(self) -> None:
        """One record after the other: a log has no holes, and nothing after a record that failed."""
        while item := await self._records.take():
            try:
                if isinstance(item, Append):
                    with metrics.APPEND_SECONDS.time():
                        await self._ports.log.append(self.session_id, self.conn, item.record)
                    self._handle(Kept(item.record))
                else:
                    await self._ports.log.announce(item.started)
                    user = item.started.user_id
                    self._handle(Announced(self._ports.resume_tokens.issue(self.session_id, user)))
            except Unavailable as error:
                _log.error("not kept", reason=error.message)
                self._handle(Unkept())
                return

    async def _send(self) -> None:
        try:
            while True:
                self._to_send.clear()
                while text := self._outbox.pop():
                    await self._socket.send(text)
                if self._all_said:
                    return
                await self._to_send.wait()
        except Gone:
            self._over.set()

    async def _finish(self, writing: asyncio.Task[None], sending: asyncio.Task[None]) -> None:
        """What the client sent reaches the log, what the log accepted is acknowledged, and then the door closes."""
        self._records.finish()
        await _finish_within(_FINISH_S, writing)
        if self._closing and self._closing.farewell:
            self._say(self._closing.farewell)
        self._all_said = True
        self._to_send.set()
        await _finish_within(_FINISH_S, sending)
        if self._closing:
            await self._socket.close(self._closing.code, self._closing.reason)
        code = str(self._closing.code) if self._closing else "gone"
        metrics.CLOSES.labels(code).inc()
        _log.info("closed", code=code, reason=self._closing.reason if self._closing else "the client left")

    def _handle(self, event: Event) -> None:
        """The table's answer to an event, carried out at once: no other event comes between."""
        count(event)
        before = self._session
        self._session, effects = receive(before, event, self._now_ms())
        for effect in effects:
            self._perform(effect)
        if (self._session.state, self._session.speaker) != (before.state, before.speaker):
            self._plan_ticks()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send():
                self._say(effect.message)
            case Append() | Announce():
                self._records.put(effect)
            case Verify() | Convert():
                self._errands.put_nowait(effect)
            case Admit():
                self._handle(self._ports.places.take(self.conn, effect))
            case Close():
                # The first close that is decided stands.
                self._closing = self._closing or effect
                self._over.set()

    async def _verify(self, errand: Verify) -> Verified | Refused | Unverified:
        try:
            user = await self._ports.tokens.verify(errand.token)
        except TokenRefused as refused:
            return Refused(refused.reason, refused.message, refused.hint)
        except Unavailable as error:
            _log.error("token not checked", reason=error.message)
            return Unverified()
        return Verified(Speaker(user.user_id, user.name, user.org, user.groups, user.expires_at_ms, user.max_sessions))

    async def _convert(self, errand: Convert) -> Converted | Unintelligible:
        if self._ear is None:
            self._ear = self._ports.ear(errand.audio)
        with metrics.CONVERT_SECONDS.labels(errand.audio.encoding).time():
            return await (self._ear.finish() if errand.data is None else self._ear.hear(errand.data))

    def _say(self, message: ServerMessage) -> None:
        if self._outbox.push(message):
            self._to_send.set()
            return
        # What waits is given up as a whole, so that at least the reason gets through.
        self._outbox.clear()
        self._handle(Overrun())

    def _now_ms(self) -> int:
        return self._unix_offset_ms + self._ports.clock.monotonic_ms()


async def _finish_within(seconds: float, task: asyncio.Task[None]) -> None:
    await asyncio.wait({task}, timeout=seconds)
    task.cancel()
