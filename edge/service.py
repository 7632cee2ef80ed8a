"""What a connected client goes through, from its first message to the close.

socket → parse → the protocol's table → produce queue → session's log → acknowledgement → send queue → socket
                ↖ verify, decode ↙      ↖ replies of the other stages
"""

import asyncio
import contextlib
from collections.abc import Callable

from edge import authorisation, metrics
from edge.core.connection_state import ConnectionPolicy, ConnectionState
from edge.core.effects import Admit, Announce, Append, Close, DecodeAudio, Effect, ResolveResumeToken, Send, VerifyToken
from edge.core.events import (
    Announced,
    Appended,
    AudioDecoded,
    DecodeFailed,
    Drain,
    Event,
    ProduceFailed,
    ReplyReceived,
    SendQueueFull,
    Tick,
    TranscriberProgress,
)
from edge.core.flow.send_queue import SendQueue
from edge.core.machine import next_tick_ms, receive
from edge.core.message_parser import parse_message
from edge.instrumentation import observe
from edge.ports import AudioDecoder, Ports, Socket, SocketClosed
from edge.produce_queue import ProduceQueue, Watermarks
from infra.errors import Unavailable
from infra.telemetry import get_logger
from schemas.replies import ReplyMessage
from schemas.wire import ServerMessage

_PRODUCE_QUEUE_RECORDS = Watermarks(high=8, low=4)
"""Records that may wait for Kafka before the socket is not read any more, and those at which it is read again: two
seconds of audio, and one."""
_CLOSE_TIMEOUT_S = 3.0
"""How long a connection that is to be closed may take to finish its work in flight."""

OnSessionChanged = Callable[["Connection", str], None]


class Connection:
    """Feeds a client's events to the protocol's table and carries out its effects. `on_session_changed` is called with
    the older id when the connection resumes another session than the one it was created with."""

    def __init__(
        self,
        socket: Socket,
        ports: Ports,
        policy: ConnectionPolicy,
        *,
        conn: str,
        session_id: str,
        on_session_changed: OnSessionChanged | None = None,
    ) -> None:
        self._socket = socket
        self._ports = ports
        self._on_session_changed = on_session_changed
        self._log = get_logger("edge").bind(conn=conn, session_id=session_id)
        # Unix time that never goes back, even if the machine's clock is set.
        self._monotonic_ms = ports.clock.monotonic_ms
        self._unix_offset_ms = ports.clock.now_ms() - self._monotonic_ms()
        self._state = ConnectionState(conn=conn, session_id=session_id, opened_ms=self._now_ms(), policy=policy)
        self._records: ProduceQueue[tuple[Append | Announce, int]] = ProduceQueue(
            _PRODUCE_QUEUE_RECORDS, ports.budget, _bytes_of
        )
        # When the message that is being handled arrived.
        self._received_ms = 0
        self._progressed = asyncio.Event()
        # Work that must be done before the next message is read; at most two at once.
        self._jobs: asyncio.Queue[VerifyToken | DecodeAudio] = asyncio.Queue()
        self._decoder: AudioDecoder | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._send_queue = SendQueue()
        self._to_send = asyncio.Event()
        self._all_queued = False
        self._closing: Close | None = None
        self._violation_code: int | None = None
        self._over = asyncio.Event()

    @property
    def session_id(self) -> str:
        return self._state.session_id

    @property
    def conn(self) -> str:
        return self._state.conn

    @property
    def queued_records(self) -> int:
        """Records that wait for Kafka."""
        return len(self._records)

    @property
    def queued_messages(self) -> int:
        """Messages that wait for the client."""
        return len(self._send_queue)

    @property
    def unsent_bytes(self) -> int:
        """Bytes of those, and of those in the socket's buffer."""
        return self._send_queue.bytes + self._socket.unsent_bytes

    @property
    def lag_s(self) -> float | None:
        """How far the transcriber is behind this session; None if it does not tell."""
        return self._state.lag_s(self._now_ms())

    def deliver(self, message: ReplyMessage) -> None:
        """Takes another stage's reply. Never waits, so no client holds up another."""
        self._handle(ReplyReceived(message))

    def record_progress(self, frames: int) -> None:
        """The transcriber has processed this many frames."""
        self._handle(TranscriberProgress(frames))
        self._progressed.set()

    def drain(self) -> None:
        """This process is about to stop."""
        self._handle(Drain())

    async def run(self) -> None:
        """Until the connection is closed, by either side. Never raises for anything that a client does."""
        try:
            await self._run_tasks()
        finally:
            self._tasks = None
            self._records.discard()
            self._ports.admission.release(self.conn)
            if self._state.verified_user:
                self._ports.session_quota.release(self.conn, self._state.verified_user.user_id)

    async def _run_tasks(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read())
            self._tasks = tasks
            self._schedule_ticks()
            working = tasks.create_task(self._work())
            writing = tasks.create_task(self._write())
            sending = tasks.create_task(self._send())
            await self._over.wait()
            reading.cancel()
            working.cancel()
            if self._ticking:
                self._ticking.cancel()
                self._ticking = None
            await self._finish(writing, sending)

    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.receive()
                self._received_ms = now_ms = self._now_ms()
                self._handle_at(now_ms, parse_message(message))
                await self._jobs.join()
                if not self._records.has_room:
                    await self._records.room()
                while pause_ms := self._state.pause_ms(self._now_ms()):
                    await self._wait_for_progress(pause_ms)
        except SocketClosed as closed:
            self._violation_code = closed.code
            self._over.set()

    async def _wait_for_progress(self, at_most_ms: float) -> None:
        self._progressed.clear()
        with metrics.PAUSED_READS.labels("ahead").track_inprogress(), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_ms / 1000):
                await self._progressed.wait()

    async def _work(self) -> None:
        try:
            while True:
                job = await self._jobs.get()
                match job:
                    case VerifyToken():
                        self._handle(await authorisation.verify_token(self._ports, job, self._log))
                    case DecodeAudio():
                        self._handle(await self._decode(job))
                self._jobs.task_done()
        finally:
            if self._decoder:
                self._decoder.close()

    def _schedule_ticks(self) -> None:
        """Start waiting anew: in another phase the next tick may be due earlier."""
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
        """One record after the other: a log has no gaps, and nothing follows a record that failed."""
        while item := await self._records.get():
            wanted, received_ms = item
            try:
                if isinstance(wanted, Append):
                    with metrics.PRODUCE_DURATION_SECONDS.time():
                        await self._ports.log.append(self.session_id, self.conn, wanted.record)
                    now_ms = self._now_ms()
                    self._handle_at(now_ms, Appended(wanted.record))
                    if wanted.record.seq is not None and self._state.session.resume_confirmed:
                        metrics.ACK_DELAY_SECONDS.observe((now_ms - received_ms) / 1000)
                else:
                    await self._ports.log.announce(wanted.started)
                    self._handle(Announced())
                self._records.task_done(item)
            except Unavailable as error:
                self._log.error("record not accepted", reason=error.message)
                self._handle(ProduceFailed())
                return

    async def _send(self) -> None:
        try:
            while True:
                self._to_send.clear()
                while text := self._send_queue.pop():
                    await self._socket.send(text)
                if self._all_queued:
                    return
                await self._to_send.wait()
        except SocketClosed:
            self._over.set()

    async def _finish(self, writing: asyncio.Task[None], sending: asyncio.Task[None]) -> None:
        """Write to the log what the client sent, acknowledge what Kafka accepts, then close."""
        self._records.finish()
        await _finish_within(_CLOSE_TIMEOUT_S, writing)
        if self._closing and self._closing.error:
            self._queue(self._closing.error)
        self._all_queued = True
        self._to_send.set()
        await _finish_within(_CLOSE_TIMEOUT_S, sending)
        if self._closing:
            await self._socket.close(self._closing.code, self._closing.reason)
        code, reason = self._end()
        metrics.CONNECTIONS_CLOSED.labels(code).inc()
        # Of clients without a valid token there may be any number.
        log = self._log.info if self._state.verified_user else self._log.debug
        log("connection closed", code=code, reason=reason)

    def _end(self) -> tuple[str, str]:
        """How the connection ended, for the metric and the log."""
        if self._closing:
            return str(self._closing.code), self._closing.reason
        if self._violation_code:
            return str(self._violation_code), "WebSocket protocol violated"
        return "gone", "the client left"

    def _handle(self, event: Event) -> None:
        self._handle_at(self._now_ms(), event)

    def _handle_at(self, now_ms: int, event: Event) -> None:
        """Feed an event to the table and carry out its effects at once: no other event comes between."""
        observe(event, self._log)
        before = self._state
        self._state, effects = receive(before, event, now_ms)
        if self._state.session_id != before.session_id:
            self._log = self._log.bind(session_id=self.session_id)
            if self._on_session_changed:
                self._on_session_changed(self, before.session_id)
        for effect in effects:
            self._carry_out(effect)
        if self._state.phase is not before.phase or self._state.verified_user is not before.verified_user:
            self._schedule_ticks()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Send():
                self._queue(effect.message)
            case Append() | Announce():
                self._records.put((effect, self._received_ms))
            case VerifyToken() | DecodeAudio():
                self._jobs.put_nowait(effect)
            case ResolveResumeToken():
                self._handle(authorisation.resolve_resume_token(self._ports, effect))
            case Admit():
                self._handle(authorisation.admit(self._ports, effect, self.conn))
            case Close():
                # The first close that is decided stands.
                self._closing = self._closing or effect
                self._over.set()

    async def _decode(self, job: DecodeAudio) -> AudioDecoded | DecodeFailed:
        if self._decoder is None:
            self._decoder = self._ports.decoder(job.audio)
        with metrics.DECODE_DURATION_SECONDS.labels(job.audio.encoding).time():
            return await (self._decoder.flush() if job.data is None else self._decoder.decode(job.data))

    def _queue(self, message: ServerMessage) -> None:
        if self._send_queue.push(message, self._socket.unsent_bytes):
            self._to_send.set()
            return
        # Everything that waits is dropped, so that at least the reason gets through.
        self._send_queue.clear()
        self._handle(SendQueueFull())

    def _now_ms(self) -> int:
        return self._unix_offset_ms + self._monotonic_ms()


def _bytes_of(item: tuple[Append | Announce, int]) -> int:
    wanted, _ = item
    return len(wanted.record.value) if isinstance(wanted, Append) else 0


async def _finish_within(seconds: float, task: asyncio.Task[None]) -> None:
    await asyncio.wait({task}, timeout=seconds)
    task.cancel()
