"""WhisperLive: its batched faster-whisper backend. JSON options first, then float32 PCM. Each answer contains the last
ten segments, completed ones, which count as committed here, and others."""

import asyncio
import contextlib
import json
import os
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.peers.environments import WHISPERLIVE
from bench.peers.whole.process_usage import ProcessGroups
from bench.peers.whole.streaming_client import StreamingClient
from bench.support.processes import listens, running
from local.tcp_ports import LOOPBACK, free_port
from processors.transcribe.adapters.models import ResolvedModel

_LAUNCHER = Path(__file__).with_name("whisperlive_server.py")
_CHUNK_S, _DEMO_CHUNK_S = 30, 10
"""The longest decode: the model's window."""
_READY_S = 60.0
_QUIET_S = 15.0
_LONGEST_WAIT_S = 30.0
"""As its own file client does, which announces the end once nothing has come for 15 s, after 30 s at the latest."""


class WhisperLiveServer:
    """Not warmed up: a client that has left keeps its place for a while."""

    name = "whisperlive"
    warms_up = False
    drain_s = 60.0
    measured: Sequence[str] = ("server",)

    def __init__(self, model: ResolvedModel) -> None:
        self._model = model
        self._port = free_port()

    def versions(self) -> Mapping[str, str]:
        return WHISPERLIVE.versions()

    @asynccontextmanager
    async def running(self, log: Path) -> AsyncIterator[ProcessGroups]:
        self._port = free_port()
        chunk_s = _DEMO_CHUNK_S if self._model.is_demo else _CHUNK_S
        command = [str(WHISPERLIVE.python), str(_LAUNCHER), str(self._port), self._model.folder, str(chunk_s)]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        async with running(command, environment, log, partial(listens, self._port)) as pid:
            yield {"server": [pid]}

    async def session(self, client: StreamingClient) -> None:
        url = f"ws://{LOOPBACK}:{self._port}"
        async with connect(url, max_size=None, ping_interval=None, open_timeout=60, proxy=None) as websocket:
            session = _WhisperLiveSession(websocket, client, self._model.folder)
            if not await session.accepted():
                return
            receiving = asyncio.create_task(session.receive())
            async for chunk in client.audio():
                await websocket.send((np.frombuffer(chunk, "<i2").astype("<f4") / 32768).tobytes())
                if receiving.done():
                    client.report("closed before the end")
                    return
            client.ended()
            await session.quiet(receiving)
            with contextlib.suppress(ConnectionClosed):
                await websocket.send(b"END_OF_AUDIO")
            _, pending = await asyncio.wait({receiving}, timeout=_QUIET_S)
            if pending:
                receiving.cancel()
                client.report("no close after the end")


class _WhisperLiveSession:
    def __init__(self, websocket: ClientConnection, client: StreamingClient, model: str) -> None:
        self._websocket = websocket
        self._client = client
        self._model = model
        self._id = str(uuid.uuid4())
        self._completed: dict[tuple[str, str], str] = {}
        self._newest_s = 0.0

    async def accepted(self) -> bool:
        """Whether the server accepts this client."""
        options = {
            "uid": self._id,
            "language": "en",
            "task": "transcribe",
            "model": self._model,
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
                    self._client.report(f"refused: {message.get('message')}")
                    return False
        return True

    async def receive(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for raw in self._websocket:
                message = json.loads(raw)
                if "segments" in message:
                    self._show(message["segments"])
                elif message.get("message") == "DISCONNECT" and self._client.ended_s is None:
                    self._client.report("disconnected by the server")

    def _show(self, segments: list[dict[str, str]]) -> None:
        self._newest_s = self._client.now_s()
        tail = ""
        for segment in segments:
            if segment.get("completed"):
                self._completed.setdefault((segment["start"], segment["text"]), segment["text"].strip())
            else:
                tail = segment["text"].strip()
        self._client.show(" ".join(self._completed.values()), tail)

    async def quiet(self, receiving: asyncio.Task[None]) -> None:
        """Returns when its file client would announce the end."""
        ended_s = self._client.now_s()
        latest_s = ended_s + _LONGEST_WAIT_S
        while (until_s := min(max(self._newest_s, ended_s) + _QUIET_S, latest_s)) > self._client.now_s():
            if (await asyncio.wait({receiving}, timeout=until_s - self._client.now_s()))[0]:
                return
