"""How each server is spoken to, in its own words."""

import json
import ssl
from collections.abc import Callable
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection

from bench.peers.door.load_clients import Manner
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES, FRAME_MS

S16LE = bytes(FRAME_BYTES)
F32LE = np.zeros(FRAME_BYTES // 2, "<f4").tobytes()


def rostrum(url: str, tls: ssl.SSLContext | None, token: Callable[[str], str], encoding: str) -> Manner:
    """By its acks: they come once Kafka holds the audio."""

    async def greet(socket: ClientConnection, name: str) -> None:
        await socket.send(json.dumps({"type": "auth", "token": token(name)}))
        await _told(socket, "type", "ready")
        await socket.send(json.dumps({"type": "start", "questions": 0, "audio": {"encoding": encoding}}))
        await _told(socket, "type", "started")

    return Manner(url, tls, {"pcm_s16le": S16LE, "pcm_f32le": F32LE}[encoding], greet, rostrum_heard_s)


def whisperlive(url: str, audio_format: str, *, later: bool = False) -> Manner:
    """`later`: its buffers as with clients who have spoken for a minute. It keeps what was said lately: a buffer grows
    to 45 s, then 30 s of it go."""

    async def greet(socket: ClientConnection, name: str) -> None:
        options = {"uid": name, "language": "en", "task": "transcribe", "model": "small", "use_vad": True}
        await socket.send(json.dumps({**options, "audio_format": audio_format}))
        await _told(socket, "message", "SERVER_READY")

    chunk = {"int16": S16LE, "float32": F32LE}[audio_format]
    return Manner(url, None, chunk, greet, whisperlive_heard_s, (15.0, 45.0) if later else (0.0, 0.0))


def whisperlivekit(url: str) -> Manner:
    async def greet(socket: ClientConnection, _name: str) -> None:
        await _told(socket, "type", "config")

    return Manner(url, None, S16LE, greet, whisperlivekit_heard_s)


def rostrum_heard_s(text: str) -> float | None:
    message = json.loads(text)
    return message["frames"] * FRAME_MS / 1000 if message["type"] == "ack" else None


def whisperlive_heard_s(text: str) -> float | None:
    ends = [float(segment["end"]) for segment in json.loads(text).get("segments", ())]
    return max(ends, default=None)


def whisperlivekit_heard_s(text: str) -> float | None:
    lines = json.loads(text).get("lines")
    if not lines:
        return None
    hours, minutes, seconds = lines[-1]["end"].split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


async def _told(socket: ClientConnection, key: str, wanted: str) -> None:
    message: dict[str, Any] = json.loads(await socket.recv())
    if message.get(key) != wanted:
        raise Unavailable(f"The server said {message} where {wanted} was to come.", "See its log.")
