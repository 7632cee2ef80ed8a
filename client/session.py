"""A session that outlives its connections: what is not acknowledged is sent again over the next one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Self

from client.beside import beside
from client.connection import EdgeConnection, OnReceived, Received, open_connection
from client.errors import SessionClosed, SessionRefused
from client.inbox import Inbox
from client.observer import SessionObserver
from client.reconnect import Loss, ReconnectPolicy, loss_by_close, loss_by_error, run_with_reconnect
from client.resend_buffer import ResendBuffer
from client.sender import Sender
from infra.clock import Clock, SystemClock
from infra.errors import RostrumError, Unavailable
from schemas.audio import FRAME_MS, SAMPLE_RATE
from schemas.wire import (
    Ack,
    AudioFormat,
    Auth,
    BeginAnswer,
    End,
    Error,
    Notice,
    Pong,
    Questions,
    Ready,
    ServerMessage,
    Start,
    Started,
)

BUFFER_S = 120.0
"""Seconds of unacknowledged audio that a session keeps: several times what a server waits for a client that is gone."""
_SAMPLE_BYTES = {"pcm_s16le": 2, "pcm_f32le": 4}

Token = str | Callable[[], Awaitable[str]]
"""A login token, or what fetches a fresh one: for each connection, and whenever the server says that one is about to
expire."""
Dial = Callable[[OnReceived], AbstractAsyncContextManager[EdgeConnection]]
"""Opens an authenticated connection. Raises SessionRefused, Unavailable."""


class Session:
    """One session, over one connection after another. Made by `connect`.

    Sending never blocks: audio is kept until the server acknowledges it. Iterating gives the server's messages
    (`client.messages`) until the server closes after the report; of partials and acks that were not read in time only
    the newest. It raises SessionClosed if the session ends before that, and SessionRefused if the server rejects a
    resume.
    """

    def __init__(
        self,
        dial: Dial,
        token: Token,
        start: Start,
        *,
        reconnect: ReconnectPolicy,
        observer: SessionObserver,
        buffer_s: float,
    ) -> None:
        self._dial = dial
        self._token = token
        self._start = start
        self._reconnect = reconnect
        self._observer = observer
        self._sample_bytes = _bytes_per_sample(start.audio)
        self._bytes_per_s = self._sample_bytes * start.audio.sample_rate
        self._max_bytes = int(buffer_s * self._bytes_per_s)
        self._buffer = ResendBuffer(self._max_bytes)
        self._sender = Sender(self._buffer, self._bytes_per_s, observer.sent)
        self._inbox = Inbox()
        self._begun = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._connection: EdgeConnection | None = None
        self._away_until_s = 0.0
        self._fatal: Error | None = None
        self._has_questions = False
        self._ended = False
        self.session_id = ""
        self.began_at_ms = 0
        """When the server started it, by the clock's monotonic time."""
        self.close_code: int | None = None
        """Of the newest connection; None while there is one."""
        self.close_reason = ""

    def send_audio(self, pcm: bytes) -> None:
        """Send whole samples of the announced format, any number. Raises BufferFull if too much is unacknowledged
        (nothing of it is sent then; see `drain`), and SessionClosed once the session is over."""
        if len(pcm) % self._sample_bytes:
            raise ValueError(f"{len(pcm)} bytes are not whole samples of {self._sample_bytes} bytes")
        self._check_open()
        self._buffer.check_room(len(pcm))
        message_bytes = self._start.audio.sample_rate * FRAME_MS // 1000 * self._sample_bytes
        for begin in range(0, len(pcm), message_bytes):
            self._sender.append(pcm[begin : begin + message_bytes])

    def begin_answer(self, question: int) -> None:
        """What is sent from now on answers this question."""
        self._check_open()
        self._sender.append(BeginAnswer(question=question))

    def end(self) -> None:
        """The speaker is done. The last finals, the summary and the report are still to come."""
        self._check_open()
        self._ended = True
        self._sender.append(End())

    async def drain(self) -> None:
        """Return once the buffer is no more than half full. A program that awaits it before each `send_audio` sends at
        the server's pace. Raises SessionClosed once the session is over."""
        while self._buffer.unacked_bytes > self._max_bytes // 2:
            await self._next_ack()

    async def flush(self) -> None:
        """Return once all whole frames of 250 ms are acknowledged, and after `end` all audio. Raises SessionClosed once
        the session is over."""
        while self._buffer.frames_unacked:
            await self._next_ack()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerMessage:
        message = await self._inbox.get()
        if message is None:
            await self._over()
            raise StopAsyncIteration
        return message

    @property
    def samples_sent(self) -> int:
        """At 16 kHz, whatever the announced format."""
        return round(self._buffer.appended_bytes / self._bytes_per_s * SAMPLE_RATE)

    @property
    def frames_acked(self) -> int:
        """Frames of 250 ms, from the session's first, that the server holds durably."""
        return self._buffer.frames_acked

    def drop_connection(self, away_s: float = 0.0) -> None:
        """For tests: as if the network were gone for so long."""
        self._away_until_s = asyncio.get_running_loop().time() + away_s
        if self._connection is not None:
            self._connection.cut()

    async def begin(self) -> None:
        """Return once the server has started the session. Raises SessionRefused or Unavailable."""
        self._running = asyncio.create_task(self._run())
        begun = asyncio.create_task(self._begun.wait())
        try:
            await asyncio.wait({self._running, begun}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()
        if not self._begun.is_set():
            await self._over()

    async def close(self) -> None:
        """Close the connection at once. The server ends a session whose client does not come back."""
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.wait({self._running})
        if not self._running.cancelled():
            with suppress(RostrumError):  # Iterating tells of what ended the session.
                self._running.result()

    async def _run(self) -> None:
        try:
            await run_with_reconnect(
                self._attempt,
                lambda: (self._buffer.frames_acked, self._buffer.finals_received),
                self._reconnect,
                self._observer.reconnecting,
                away_s=lambda: self._away_until_s - asyncio.get_running_loop().time(),
            )
        finally:
            self._inbox.close()
            self._acknowledged.set()

    async def _attempt(self) -> Loss | None:
        """One connection, from its opening to its end; None if the session is done."""
        begun = self._begun.is_set()
        self._fatal, self.close_code, self.close_reason = None, None, ""
        try:
            async with self._dial(self._take) as connection:
                await connection.start(self._buffer.start_message(self._start))
                try:
                    await self._converse(connection)
                finally:
                    self.close_code, self.close_reason = connection.close_code, connection.close_reason
        except (SessionRefused, Unavailable) as error:
            return loss_by_error(error, self._reconnect, begun=begun)
        return loss_by_close(self.close_code, self.close_reason, self._fatal)

    async def _converse(self, connection: EdgeConnection) -> None:
        """Until the connection is closed."""
        self._connection = connection
        try:
            async with beside(self._sender.send(connection), self._sender.cut_if_silent(connection)):
                async for item in connection:
                    if isinstance(item.message, Notice) and item.message.code == "token_expiring":
                        await self._renew_token(connection)
                    await self._inbox.wait_for_room()
        finally:
            self._connection = None

    async def _renew_token(self, connection: EdgeConnection) -> None:
        if not isinstance(self._token, str):
            await connection.send(Auth(token=await self._token()))

    def _take(self, item: Received) -> None:
        """The server sent this."""
        self._sender.received()
        self._buffer.receive(item.message)
        match item.message:
            case Started() as started if not self._begun.is_set():
                self.session_id, self.began_at_ms = started.session_id, item.at_ms
                self._begun.set()
            case Ack():
                self._acknowledged.set()
            case Error(fatal=True) as error:
                self._fatal = error
        self._observer.received(item)
        match item.message:
            case None | Ready() | Pong() | Error(fatal=True):
                pass  # Fatal errors are raised, or lead to another connection.
            case Questions() if self._has_questions:
                pass  # After a resume they come again.
            case message:
                self._has_questions = self._has_questions or isinstance(message, Questions)
                self._inbox.put(message)

    def _check_open(self) -> None:
        if self._ended:
            raise RuntimeError("The session was ended with `end`: nothing can be sent after that.")
        self._check_running()

    def _check_running(self) -> None:
        if self._running is None or self._running.done():
            if self._running is not None:
                self._running.result()
            raise SessionClosed("done", "The session is over.", "Begin another one with `connect`.")

    async def _over(self) -> None:
        """Returns once the session is over. Raises what ended it, if it was not done."""
        if self._running is not None:
            await asyncio.wait({self._running})
            self._running.result()

    async def _next_ack(self) -> None:
        self._check_running()
        self._acknowledged.clear()
        await self._acknowledged.wait()


def _bytes_per_sample(audio: AudioFormat) -> int:
    """Of all channels together."""
    if audio.encoding not in _SAMPLE_BYTES:
        raise ValueError(
            f"audio.encoding is {audio.encoding!r}; a session resumes at a sample, so use pcm_s16le or pcm_f32le"
        )
    return _SAMPLE_BYTES[audio.encoding] * audio.channels


@asynccontextmanager
async def connect(
    url: str,
    *,
    token: Token,
    start: Start | None = None,
    tls: ssl.SSLContext | None = None,
    reconnect: ReconnectPolicy | None = None,
    observer: SessionObserver | None = None,
    buffer_s: float = BUFFER_S,
    clock: Clock | None = None,
) -> AsyncIterator[Session]:
    """Start a session with the edge at `url`, and keep it through lost connections until the block ends.

    `start` says what is wanted: competition, topic, number of questions, audio format. `tls` is for a `wss` address
    whose certificate was not signed by one of the system's authorities. Raises SessionRefused if the server rejects
    the token or the start, and Unavailable if no connection can be opened.

    Leaving the block closes the connection at once; a session that was not ended is then ended by the server, after
    its grace period.
    """
    used_clock = clock or SystemClock()

    @asynccontextmanager
    async def dial(on_received: OnReceived) -> AsyncIterator[EdgeConnection]:
        async with open_connection(url, tls, clock=used_clock, on_received=on_received) as connection:
            await connection.authenticate(token if isinstance(token, str) else await token())
            yield connection

    session = Session(
        dial,
        token,
        start or Start(),
        reconnect=reconnect or ReconnectPolicy(),
        observer=observer or SessionObserver(),
        buffer_s=buffer_s,
    )
    try:
        await session.begin()
        yield session
    finally:
        await session.close()
