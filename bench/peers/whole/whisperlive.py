"""WhisperLive: its batched faster-whisper backend. JSON options first, then float32 PCM; each answer carries the last
ten segments, completed (which is committed here) or not."""

import asyncio
import contextlib
import json
import os
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.peers.environments import WHISPERLIVE
from bench.peers.whole.process_usage import Groups
from bench.peers.whole.servers import started
from bench.peers.whole.streaming_client import Speaker
from infra.samples import WHISPER_MICRO
from local.tcp_ports import LOOPBACK, free_port

_LAUNCHER = Path(__file__).with_name("whisperlive_server.py")
_READY_S = 60.0
_QUIET_S = 15.0
_LONGEST_WAIT_S = 30.0
"""As its own file client does: it listens on until nothing has come for 15 s, 30 s at most, and then says the end."""


class WhisperLive:
    """Not warmed up: a client that is gone keeps its place for a while."""

    name = "whisperlive"
    warms_up = False
    drain_s = 60.0
    measured: Sequence[str] = ("server",)

    def __init__(self) -> None:
        self._port = free_port()

    def versions(self) -> Mapping[str, str]:
        return WHISPERLIVE.versions()

    @asynccontextmanager
    async def running(self, log: Path) -> AsyncIterator[Groups]:
        self._port = free_port()
        command = [str(WHISPERLIVE.python), str(_LAUNCHER), str(self._port), str(WHISPER_MICRO)]
        async with started(command, {**os.environ, "HF_HUB_OFFLINE": "1"}, log, self._is_ready) as pid:
            yield {"server": [pid]}

    async def _is_ready(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, self._port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def session(self, speaker: Speaker) -> None:
        url = f"ws://{LOOPBACK}:{self._port}"
        async with connect(url, max_size=None, ping_interval=None, open_timeout=60, proxy=None) as websocket:
            conversation = _Conversation(websocket, speaker)
            if not await conversation.opened():
                return
            listening = asyncio.create_task(conversation.listen())
            async for chunk in speaker.audio():
                await websocket.send((np.frombuffer(chunk, "<i2").astype("<f4") / 32768).tobytes())
                if listening.done():
                    speaker.note("closed before the end")
                    return
            speaker.ended()
            await conversation.quiet(listening)
            with contextlib.suppress(ConnectionClosed):
                await websocket.send(b"END_OF_AUDIO")
            _, pending = await asyncio.wait({listening}, timeout=_QUIET_S)
            if pending:
                listening.cancel()
                speaker.note("no close after the end")


class _Conversation:
    def __init__(self, websocket: ClientConnection, speaker: Speaker) -> None:
        self._websocket = websocket
        self._speaker = speaker
        self._id = str(uuid.uuid4())
        self._completed: dict[tuple[str, str], str] = {}
        self._newest_s = 0.0

    async def opened(self) -> bool:
        """Whether the server takes this client."""
        options = {
            "uid": self._id,
            "language": "en",
            "task": "transcribe",
            "model": str(WHISPER_MICRO),
            "use_vad": True,
            "send_last_n_segments": 10,
            "no_speech_thresh": 0.45,
            "clip_audio": False,
            "same_output_threshold": 10,
            "enable_translation": False,
        }
        await self._websocket.send(json.dumps(options))
        async with asyncio.timeout(_READY_S):
            while (message := json.loads(await self._websocket.recv())).get("message") != "SERVER_READY":
                if message.get("status") in ("WAIT", "ERROR"):
                    self._speaker.note(f"refused: {message.get('message')}")
                    return False
        return True

    async def listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for raw in self._websocket:
                message = json.loads(raw)
                if "segments" in message:
                    self._take(message["segments"])
                elif message.get("message") == "DISCONNECT" and self._speaker.ended_s is None:
                    self._speaker.note("disconnected by the server")

    def _take(self, segments: list[dict[str, str]]) -> None:
        self._newest_s = self._speaker.now_s()
        tail = ""
        for segment in segments:
            if segment.get("completed"):
                self._completed.setdefault((segment["start"], segment["text"]), segment["text"].strip())
            else:
                tail = segment["text"].strip()
        self._speaker.show(" ".join(self._completed.values()), tail)

    async def quiet(self, listening: asyncio.Task[None]) -> None:
        """Returns when its file client would say the end."""
        ended_s = self._speaker.now_s()
        latest_s = ended_s + _LONGEST_WAIT_S
        while (until_s := min(max(self._newest_s, ended_s) + _QUIET_S, latest_s)) > self._speaker.now_s():
            if (await asyncio.wait({listening}, timeout=until_s - self._speaker.now_s()))[0]:
                return
