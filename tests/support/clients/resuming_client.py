"""A client that keeps what the server has not acknowledged, and resumes its session over another connection.

Written from docs/protocol.md alone, with json and websockets and nothing of Rostrum."""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import cycle
from math import inf
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.support.clients.protocol_client import BYTES_PER_S, MESSAGE_BYTES, Message, Transcript

AGAIN_S = 0.1
MOST_PATIENT_S = 1.0
"""Tests wait no longer, whatever `retry_after_ms` says."""
OPEN_S = 10.0
COME_BACK = (1001, 1006, 1013)
"""Close codes after which the session can be resumed."""


class ResumingClient:
    """Sends `pcm` (16 kHz mono s16le) as a microphone would, at `speed` times real time, whatever happens to its
    connections. `answers`: questions, by the byte of `pcm` from which they are answered. `silence_s`: after so long
    without an ack that is due the connection is taken for dead. `connections`: what was received over each."""

    def __init__(
        self,
        urls: Sequence[str],
        token: str,
        pcm: bytes,
        *,
        tls: ssl.SSLContext | None = None,
        speed: float = 1.0,
        answers: Mapping[int, int] | None = None,
        silence_s: float = inf,
        **start: Any,
    ) -> None:
        self.connections: list[Transcript] = []
        self.pcm = pcm
        self.acked = 0
        self.longest_wait_s = 0.0
        self._urls = cycle(urls)
        self._token = token
        self._tls = tls
        self._speed = speed
        self._answers = answers or {0: 1}
        self.silence_s = silence_s
        self._start = start
        self._resume_token: str | None = None
        self._begun = asyncio.Event()
        self._acked_at_s = 0.0
        # What the microphone gave and nobody has acknowledged; everything before it is gone.
        self._kept = bytearray()
        self._spoken = 0
        self._more = asyncio.Event()
        self._retry_after_s = AGAIN_S

    @property
    def frames(self) -> int:
        """How many frames the whole speech has."""
        return -(-len(self.pcm) // MESSAGE_BYTES)

    @property
    def session_id(self) -> str:
        session_ids = {message["session_id"] for each in self.connections for message in each.of("started")}
        assert len(session_ids) == 1, session_ids
        return str(session_ids.pop())

    @property
    def close_codes(self) -> list[int | None]:
        """Of the connections that were established; 1006: without a close."""
        return [each.close_code for each in self.connections if each.messages]

    @property
    def finals(self) -> list[Message]:
        """All that arrived, in order. Raises AssertionError if one arrived twice, out of order, or although the client
        had it."""
        finals: list[Message] = []
        for each in self.connections:
            for final in each.of("final"):
                assert final["number"] == len(finals) + 1
                finals.append(final)
        return finals

    @property
    def text(self) -> str:
        return " ".join(final["text"] for final in self.finals)

    def of(self, kind: str) -> list[Message]:
        return [message for each in self.connections for message in each.of(kind)]

    async def speak(self, within_s: float | None = None) -> "ResumingClient":
        """From the first connection to the final close."""
        speaking = asyncio.create_task(self._speak())
        try:
            async with asyncio.timeout(within_s):
                for url in self._urls:
                    code = await self._converse(url)
                    if code not in COME_BACK:
                        return self
                    await asyncio.sleep(self._retry_after_s)
        finally:
            speaking.cancel()
        raise AssertionError("there is no end of addresses")

    async def begun(self, frames: int = 0) -> None:
        """Returns once so many frames are acknowledged."""
        await self._begun.wait()
        while self.acked < frames:  # noqa: ASYNC110 - a test looks at it from outside
            await asyncio.sleep(0.01)

    def stop_speaking(self) -> None:
        """What has not been spoken yet never is."""
        self.pcm = self.pcm[: self._spoken]
        self._more.set()

    async def lost(self, code: int) -> None:
        """Returns once a connection was closed with this code."""
        while code not in self.close_codes:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)

    async def _speak(self) -> None:
        """The microphone, which knows nothing of connections."""
        await self._begun.wait()
        began_s = time.monotonic()
        while self._spoken < len(self.pcm):
            piece = self.pcm[self._spoken : self._spoken + MESSAGE_BYTES]
            at_s = began_s + (self._spoken + len(piece)) / BYTES_PER_S / self._speed
            await asyncio.sleep(at_s - time.monotonic())
            self._kept += piece
            self._spoken += len(piece)
            self._more.set()

    async def _converse(self, url: str) -> int:
        """One connection; returns its close code, 1006 if there was none."""
        transcript = Transcript()
        self.connections.append(transcript)
        self._retry_after_s = AGAIN_S
        try:
            async with connect(
                url,
                ssl=self._tls,
                compression=None,
                max_size=None,
                open_timeout=OPEN_S,
                close_timeout=0.5,
                ping_interval=None,  # A server that waits for its broker reads no pings; `_watch` is patient enough.
            ) as socket:
                await self._listen(socket, transcript)
        except (OSError, TimeoutError, InvalidHandshake, InvalidMessage):
            return 1006
        code = transcript.close_code = socket.close_code or 1006
        return code

    async def _listen(self, socket: ClientConnection, transcript: Transcript) -> None:
        tasks: list[asyncio.Task[None]] = []
        try:
            await socket.send(json.dumps({"type": "auth", "token": self._token}))
            while True:
                message = json.loads(await socket.recv())
                transcript.messages.append((time.monotonic(), message))
                match message["type"]:
                    case "ready":
                        await socket.send(json.dumps(self._opening()))
                    case "started":
                        self._resume_token = message["resume_token"]
                        self._acked_at_s = self._acked_at_s or time.monotonic()
                        self._begun.set()
                        tasks.append(asyncio.create_task(self._send(socket, message["next_frame"])))
                        tasks.append(asyncio.create_task(self._watch(socket)))
                    case "ack":
                        self._acknowledged(message["frames"])
                    case "error":
                        wanted_s = (message.get("retry_after_ms") or 0) / 1000
                        self._retry_after_s = min(max(wanted_s, AGAIN_S), MOST_PATIENT_S)
        except ConnectionClosed:
            return
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _opening(self) -> Message:
        if self._resume_token is None:
            return {"type": "start", **self._start}
        return {
            "type": "start",
            "resume": self._resume_token,
            "from_frame": self.acked,
            "have_final": len(self.finals),
        }

    def _acknowledged(self, frames: int) -> None:
        assert self.acked < frames <= self.frames
        del self._kept[: (frames - self.acked) * MESSAGE_BYTES]
        self.acked = frames
        now_s = time.monotonic()
        self.longest_wait_s = max(self.longest_wait_s, now_s - self._acked_at_s)
        self._acked_at_s = now_s

    async def _send(self, socket: ClientConnection, next_frame: int) -> None:
        """Everything from that frame on, with answers in their places, and what is spoken meanwhile."""
        at = next_frame * MESSAGE_BYTES
        with suppress(ConnectionClosed):
            while at < len(self.pcm):
                if at == self._spoken:
                    self._more.clear()
                    await self._more.wait()
                    continue
                if at in self._answers:
                    await socket.send(json.dumps({"type": "answer", "question": self._answers[at]}))
                first = at - self.acked * MESSAGE_BYTES
                if first < 0:
                    return  # More is acknowledged than was sent here: the session is over.
                piece = bytes(self._kept[first : first + MESSAGE_BYTES])
                await socket.send(piece)
                at += len(piece)
            await socket.send(json.dumps({"type": "end"}))

    async def _watch(self, socket: ClientConnection) -> None:
        """A network that is gone shows only in acks that are overdue."""
        seen, since_s = -1, 0.0
        while True:
            now_s = time.monotonic()
            if seen != self.acked or not self._kept:
                seen, since_s = self.acked, now_s
            if now_s - since_s > self.silence_s:
                socket.transport.abort()
                return
            await asyncio.sleep(0.05)
