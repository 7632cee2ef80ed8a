"""WhisperLiveKit: its own server, its /asr WebSocket, raw PCM, LocalAgreement with faster-whisper."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.peers.environments import WHISPERLIVEKIT
from bench.peers.whole.process_usage import ProcessGroups
from bench.peers.whole.streaming_client import StreamingClient
from bench.support.processes import running
from infra.samples import SPEECH
from local.tcp_ports import LOOPBACK, free_port
from processors.transcribe.adapters.models import ResolvedModel

_SILENCE = -2
"""The speaker in its lines that are silences."""


class WhisperLiveKitServer:
    name = "whisperlivekit"
    warms_up = True
    drain_s = 45.0
    measured: Sequence[str] = ("server",)

    def __init__(self, model: ResolvedModel) -> None:
        self._model = model
        self._port = free_port()

    def versions(self) -> Mapping[str, str]:
        return WHISPERLIVEKIT.versions()

    @asynccontextmanager
    async def running(self, log: Path) -> AsyncIterator[ProcessGroups]:
        self._port = free_port()
        command = [str(WHISPERLIVEKIT.python), "-m", "whisperlivekit.basic_server"]
        command += ["--host", LOOPBACK, "--port", str(self._port), "--log-level", "WARNING"]
        command += [
            "--backend-policy",
            "localagreement",
            "--backend",
            "faster-whisper",
            "--model_dir",
            self._model.folder,
        ]
        command += ["--lan", "en", "--pcm-input", "--warmup-file", str(SPEECH / "sentence_1.wav")]
        async with running(command, {**os.environ, "HF_HUB_OFFLINE": "1"}, log, self._is_ready) as pid:
            yield {"server": [pid]}

    async def _is_ready(self) -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                answer = await http.get(f"http://{LOOPBACK}:{self._port}/health", timeout=1)
            except httpx.TransportError:
                return False
        return answer.is_success and bool(answer.json()["ready"])

    async def session(self, client: StreamingClient) -> None:
        url = f"ws://{LOOPBACK}:{self._port}/asr"
        async with connect(url, max_size=None, ping_interval=None, open_timeout=60, proxy=None) as websocket:
            receiving = asyncio.create_task(_receive(websocket, client))
            async for chunk in client.audio():
                await websocket.send(chunk)
                if receiving.done():
                    return
            await websocket.send(b"")
            client.ended()
            await receiving


async def _receive(websocket: ClientConnection, client: StreamingClient) -> None:
    """Each of its messages contains the whole text so far."""
    async for raw in websocket:
        message = json.loads(raw)
        if message.get("type") == "ready_to_stop":
            return
        if message.get("error"):
            client.report(f"error: {message['error']}")
        if "lines" in message:
            spoken = [line["text"] or "" for line in message["lines"] if line.get("speaker") != _SILENCE]
            client.show(" ".join(spoken), message.get("buffer_transcription") or "")
    client.report("closed before ready_to_stop")
