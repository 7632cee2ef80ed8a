"""The door: what a connected client goes through, from its first message to the close.

socket → decode → the protocol's table → session's log → acknowledgement → socket
              ↖ convert, verify ↙     ↖ replies of the other stages
"""

import asyncio
import contextlib
from collections.abc import Callable

from edge import authorisation, metrics
from edge.core.connection_state import ConnectionPolicy, ConnectionState
from edge.core.effects import Admit, Announce, Append, Close, Convert, Effect, Reclaim, Send, Verify
from edge.core.events import (
    Announced,
    Converted,
    Drain,
    Event,
    Heard,
    Kept,
    Overrun,
    Replied,
    Tick,
    Unintelligible,
    Unkept,
)
from edge.core.flow.send_queue import SendQueue
from edge.core.machine import next_tick_ms, receive
from edge.core.message_parser import decode
from edge.instrumentation import count
from edge.ports import Ear, Gone, Ports, Socket
from edge.produce_queue import Backlog, Marks
from infra.errors import Unavailable
from infra.telemetry import get_logger
from schemas.replies import ReplyMessage
from schemas.wire import ServerMessage

# Records that may wait for Kafka before the socket is read no further, and those at which it is read again: two seconds
# of audio, and one.
_WAITING_RECORDS = Marks(high=8, low=4)
# How long a connection that is to be closed may take to finish what it began.
_FINISH_S = 3.0

Turned = Callable[["Conversation", str], None]


class Conversation:
    """One connection: does what the table says, and tells it what came of it. `turned` is called with the older id
    when the connection turns to another session than the one it was given."""

    def __init__(
        self,
        socket: Socket,
        ports: Ports,
        policy: ConnectionPolicy,
        *,
        conn: str,
        session_id: str,
        turned: Turned | None = None,
    ) -> None:
        self._socket = socket
        self._ports = ports
        self._turned = turned
        self._log = get_logger("edge").bind(conn=conn, session_id=session_id)
        # Unix time that never goes back, however the machine's clock is set meanwhile.
        self._monotonic_ms = ports.clock.monotonic_ms
        self._unix_offset_ms = ports.clock.now_ms() - self._monotonic_ms()
        self._state = ConnectionState(conn=conn, session_id=session_id, opened_ms=self._now_ms(), policy=policy)
        self._records: Backlog[tuple[Append | Announce, int]] = Backlog(_WAITING_RECORDS, ports.reservoir, _bytes_of)
        # When the message that is being worked through came.
        self._received_ms = 0
        self._heard_more = asyncio.Event()
        # What takes its time and has to be done before the next message is read; at most two at once.
        self._errands: asyncio.Queue[Verify | Convert] = asyncio.Queue()
        self._ear: Ear | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._outbox = SendQueue()
        self._to_send = asyncio.Event()
        self._all_said = False
        self._closing: Close | None = None
        self._cut_off: int | None = None
        self._over = asyncio.Event()

    @property
    def session_id(self) -> str:
        return self._state.session_id

    @property
    def conn(self) -> str:
        return self._state.conn

    @property
    def unwritten(self) -> int:
        """Records that wait for Kafka."""
        return len(self._records)

    @property
    def unsent(self) -> int:
        """Messages that wait for the client."""
        return len(self._outbox)

    @property
    def unsent_bytes(self) -> int:
        return self._outbox.bytes + self._socket.unsent_bytes

    @property
    def lag_s(self) -> float | None:
        """How far the transcriber is behind this speaker; None if there is nothing to tell it by."""
        return self._state.lag_s(self._now_ms())

    def deliver(self, message: ReplyMessage) -> None:
        """A later stage has something for this client. Never waits, so no client holds up another."""
        self._handle(Replied(message))

    def heard(self, frames: int) -> None:
        """The transcriber is through with so many frames."""
        self._handle(Heard(frames))
        self._heard_more.set()

    def drain(self) -> None:
        """This process is about to stop."""
        self._handle(Drain())

    async def run(self) -> None:
        """Until the connection is closed, by whichever side. Never raises for anything that a client does."""
        try:
            await self._converse()
        finally:
            self._tasks = None
            self._records.abandon()
            self._ports.admission.leave(self.conn)
            if self._state.verified_user:
                self._ports.places.leave(self.conn, self._state.verified_user.user_id)

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
                self._ticking = None
            await self._finish(writing, sending)

    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.receive()
                self._received_ms = now_ms = self._now_ms()
                self._handle_at(now_ms, decode(message))
                await self._errands.join()
                if not self._records.has_room:
                    await self._records.room()
                while pause_ms := self._state.pause_ms(self._now_ms()):
                    await self._let_the_transcriber_follow(pause_ms)
        except Gone as gone:
            self._cut_off = gone.code
            self._over.set()

    async def _let_the_transcriber_follow(self, at_most_ms: float) -> None:
        self._heard_more.clear()
        with metrics.UNREAD.labels("ahead").track_inprogress(), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_ms / 1000):
                await self._heard_more.wait()

    async def _run_errands(self) -> None:
        try:
            while True:
                errand = await self._errands.get()
                match errand:
                    case Verify():
                        self._handle(await authorisation.verify(self._ports, errand, self._log))
                    case Convert():
                        self._handle(await self._convert(errand))
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
            await asyncio.sleep((next_tick_ms(self._state, now_ms) - now_ms) / 1000)
            self._handle(Tick())

    async def _write(self) -> None:
        """One record after the other: a log has no holes, and nothing after a record that failed."""
        while item := await self._records.take():
            wanted, received_ms = item
            try:
                if isinstance(wanted, Append):
                    with metrics.APPEND_SECONDS.time():
                        await self._ports.log.append(self.session_id, self.conn, wanted.record)
                    now_ms = self._now_ms()
                    self._handle_at(now_ms, Kept(wanted.record))
                    if wanted.record.seq is not None and self._state.session.resume_confirmed:
                        metrics.ACK_SECONDS.observe((now_ms - received_ms) / 1000)
                else:
                    await self._ports.log.announce(wanted.started)
                    self._handle(Announced())
                self._records.settled(item)
            except Unavailable as error:
                self._log.error("not kept", reason=error.message)
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
        if self._closing and self._closing.error:
            self._say(self._closing.error)
        self._all_said = True
        self._to_send.set()
        await _finish_within(_FINISH_S, sending)
        if self._closing:
            await self._socket.close(self._closing.code, self._closing.reason)
        code, reason = self._end()
        metrics.CLOSES.labels(code).inc()
        # Of strangers there may be any number.
        tell = self._log.info if self._state.verified_user else self._log.debug
        tell("closed", code=code, reason=reason)

    def _end(self) -> tuple[str, str]:
        """How the connection ended, for the metric and the log."""
        if self._closing:
            return str(self._closing.code), self._closing.reason
        if self._cut_off:
            return str(self._cut_off), "no WebSocket message"
        return "gone", "the client left"

    def _handle(self, event: Event) -> None:
        self._handle_at(self._now_ms(), event)

    def _handle_at(self, now_ms: int, event: Event) -> None:
        """The table's answer to an event, carried out at once: no other event comes between."""
        count(event, self._log)
        before = self._state
        self._state, effects = receive(before, event, now_ms)
        if self._state.session_id != before.session_id:
            self._log = self._log.bind(session_id=self.session_id)
            if self._turned:
                self._turned(self, before.session_id)
        for effect in effects:
            self._perform(effect)
        if self._state.phase is not before.phase or self._state.verified_user is not before.verified_user:
            self._plan_ticks()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send():
                self._say(effect.message)
            case Append() | Announce():
                self._records.put((effect, self._received_ms))
            case Verify() | Convert():
                self._errands.put_nowait(effect)
            case Reclaim():
                self._handle(authorisation.reclaim(self._ports, effect))
            case Admit():
                self._handle(authorisation.admit(self._ports, effect, self.conn))
            case Close():
                # The first close that is decided stands.
                self._closing = self._closing or effect
                self._over.set()

    async def _convert(self, errand: Convert) -> Converted | Unintelligible:
        if self._ear is None:
            self._ear = self._ports.ear(errand.audio)
        with metrics.CONVERT_SECONDS.labels(errand.audio.encoding).time():
            return await (self._ear.finish() if errand.data is None else self._ear.hear(errand.data))

    def _say(self, message: ServerMessage) -> None:
        if self._outbox.push(message, self._socket.unsent_bytes):
            self._to_send.set()
            return
        # What waits is given up as a whole, so that at least the reason gets through.
        self._outbox.clear()
        self._handle(Overrun())

    def _now_ms(self) -> int:
        return self._unix_offset_ms + self._monotonic_ms()


def _bytes_of(item: tuple[Append | Announce, int]) -> int:
    wanted, _ = item
    return len(wanted.record.value) if isinstance(wanted, Append) else 0


async def _finish_within(seconds: float, task: asyncio.Task[None]) -> None:
    await asyncio.wait({task}, timeout=seconds)
    task.cancel()
