"""Each server's protocol."""

import json
import ssl
from collections.abc import Callable
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection

from bench.peers.door.load_clients import ClientProtocol
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES, FRAME_MS

S16LE = bytes(FRAME_BYTES)
F32LE = np.zeros(FRAME_BYTES // 2, "<f4").tobytes()


def rostrum(url: str, tls: ssl.SSLContext | None, token: Callable[[str], str], encoding: str) -> ClientProtocol:
    """Progress by its acks, which are sent once Kafka has stored the audio."""

    async def handshake(socket: ClientConnection, name: str) -> None:
        await socket.send(json.dumps({"type": "auth", "token": token(name)}))
        await _expect(socket, "type", "ready")
        await socket.send(json.dumps({"type": "start", "questions": 0, "audio": {"encoding": encoding}}))
        await _expect(socket, "type", "started")

    chunk = {"pcm_s16le": S16LE, "pcm_f32le": F32LE}[encoding]
    return ClientProtocol(url, tls, chunk, handshake, rostrum_progress_s)


def whisperlive(url: str, audio_format: str, *, after_a_minute: bool = False) -> ClientProtocol:
    """`after_a_minute`: its buffers as with clients who have spoken for a minute. A buffer grows to 45 s, and then 30 s
    of it are dropped."""

    async def handshake(socket: ClientConnection, name: str) -> None:
        options = {"uid": name, "language": "en", "task": "transcribe", "model": "small", "use_vad": True}
        await socket.send(json.dumps({**options, "audio_format": audio_format}))
        await _expect(socket, "message", "SERVER_READY")

    chunk = {"int16": S16LE, "float32": F32LE}[audio_format]
    ahead_s = (15.0, 45.0) if after_a_minute else (0.0, 0.0)
    return ClientProtocol(url, None, chunk, handshake, whisperlive_progress_s, ahead_s)


def whisperlivekit(url: str) -> ClientProtocol:
    async def handshake(socket: ClientConnection, _name: str) -> None:
        await _expect(socket, "type", "config")

    return ClientProtocol(url, None, S16LE, handshake, whisperlivekit_progress_s)


def rostrum_progress_s(text: str) -> float | None:
    message = json.loads(text)
    return message["frames"] * FRAME_MS / 1000 if message["type"] == "ack" else None


def whisperlive_progress_s(text: str) -> float | None:
    ends = [float(segment["end"]) for segment in json.loads(text).get("segments", ())]
    return max(ends, default=None)


def whisperlivekit_progress_s(text: str) -> float | None:
    lines = json.loads(text).get("lines")
    if not lines:
        return None
    hours, minutes, seconds = lines[-1]["end"].split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


async def _expect(socket: ClientConnection, key: str, value: str) -> None:
    message: dict[str, Any] = json.loads(await socket.recv())
    if message.get(key) != value:
        raise Unavailable(f"The server sent {message} instead of {value}.", "See its log.")
