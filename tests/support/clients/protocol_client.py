"""A client written from docs/protocol.md alone, with json and websockets and nothing of Rostrum."""

import asyncio
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Message = dict[str, Any]

RATE_HZ = 16_000
MESSAGE_BYTES = 8_000  # 250 ms
BYTES_PER_S = 2 * RATE_HZ


class Refused(AssertionError):
    """The server sent an error instead of `ready` or `started`."""

    def __init__(self, error: Message) -> None:
        super().__init__(f"{error['code']}: {error['message']} {error['hint']}")
        self.error = error


@dataclass
class Transcript:
    """Everything the server sent over one connection."""

    messages: list[tuple[float, Message]] = field(default_factory=list)
    """Each with the time of its arrival, in seconds from the first sample."""
    close_code: int | None = None
    frames_sent: int = 0

    def of(self, kind: str) -> list[Message]:
        return [message for _, message in self.messages if message["type"] == kind]

    @property
    def session_id(self) -> str:
        session_id: str = self.of("started")[0]["session_id"]
        return session_id

    @property
    def text(self) -> str:
        return " ".join(final["text"] for final in self.of("final"))

    @property
    def acked(self) -> int:
        return max((ack["frames"] for ack in self.of("ack")), default=0)

    def word_delays_s(self) -> list[float]:
        """For each word, the seconds from its end to its final."""
        return [
            at_s - word["end_ms"] / 1000
            for at_s, message in self.messages
            if message["type"] == "final"
            for word in message["words"]
        ]


async def speak(
    url: str,
    token: str,
    pcm: bytes,
    transcript: Transcript | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    end: bool = True,
    **start: Any,
) -> Transcript:
    """Stream 16 kHz mono s16le in real time and read until the server closes. `transcript` is filled as messages
    arrive. Without `end`, the socket is cut off after the last sample. Raises Refused."""
    transcript = Transcript() if transcript is None else transcript
    # No pings of its own: a server that waits for its broker reads none.
    async with connect(url, ssl=tls, compression=None, max_size=None, open_timeout=None, ping_interval=None) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        await _until(socket, transcript, "ready", time.monotonic())
        await socket.send(json.dumps({"type": "start", **start}))
        await _until(socket, transcript, "started", time.monotonic())
        began_s = time.monotonic()
        listening = asyncio.create_task(_listen(socket, transcript, began_s))
        await socket.send(json.dumps({"type": "answer", "question": 1}))
        for offset in range(0, len(pcm), MESSAGE_BYTES):
            chunk = pcm[offset : offset + MESSAGE_BYTES]
            spoken_s = (offset + len(chunk)) / BYTES_PER_S
            await asyncio.sleep(began_s + spoken_s - time.monotonic())
            await socket.send(chunk)
            transcript.frames_sent += 1
        if end:
            await socket.send(json.dumps({"type": "end"}))
        else:
            socket.transport.abort()
        await listening
        transcript.close_code = socket.close_code
    return transcript


async def _until(socket: ClientConnection, transcript: Transcript, kind: str, began_s: float) -> None:
    while not transcript.of(kind):
        message = json.loads(await socket.recv())
        transcript.messages.append((time.monotonic() - began_s, message))
        if message["type"] == "error":
            raise Refused(message)


async def _listen(socket: ClientConnection, transcript: Transcript, began_s: float) -> None:
    try:
        while True:
            message = json.loads(await socket.recv())
            transcript.messages.append((time.monotonic() - began_s, message))
    except ConnectionClosed:
        return
