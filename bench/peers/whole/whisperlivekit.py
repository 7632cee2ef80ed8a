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
from bench.peers.whole.process_usage import Groups
from bench.peers.whole.servers import started
from bench.peers.whole.streaming_client import Speaker
from infra.samples import SPEECH, WHISPER_MICRO
from local.tcp_ports import LOOPBACK, free_port

_SILENCE = -2
"""What its lines give as the speaker of a silence."""


class WhisperLiveKit:
    name = "whisperlivekit"
    warms_up = True
    drain_s = 45.0
    measured: Sequence[str] = ("server",)

    def __init__(self) -> None:
        self._port = free_port()

    def versions(self) -> Mapping[str, str]:
        return WHISPERLIVEKIT.versions()

    @asynccontextmanager
    async def running(self, log: Path) -> AsyncIterator[Groups]:
        self._port = free_port()
        command = [str(WHISPERLIVEKIT.python), "-m", "whisperlivekit.basic_server"]
        command += ["--host", LOOPBACK, "--port", str(self._port), "--log-level", "WARNING"]
        command += [
            "--backend-policy",
            "localagreement",
            "--backend",
            "faster-whisper",
            "--model_dir",
            str(WHISPER_MICRO),
        ]
        command += ["--lan", "en", "--pcm-input", "--warmup-file", str(SPEECH / "sentence_1.wav")]
        async with started(command, {**os.environ, "HF_HUB_OFFLINE": "1"}, log, self._is_ready) as pid:
            yield {"server": [pid]}

    async def _is_ready(self) -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                answer = await http.get(f"http://{LOOPBACK}:{self._port}/health", timeout=1)
            except httpx.TransportError:
                return False
        return answer.is_success and bool(answer.json()["ready"])

    async def session(self, speaker: Speaker) -> None:
        url = f"ws://{LOOPBACK}:{self._port}/asr"
        async with connect(url, max_size=None, ping_interval=None, open_timeout=60, proxy=None) as websocket:
            listening = asyncio.create_task(_listen(websocket, speaker))
            async for chunk in speaker.audio():
                await websocket.send(chunk)
                if listening.done():
                    return
            await websocket.send(b"")
            speaker.ended()
            await listening


async def _listen(websocket: ClientConnection, speaker: Speaker) -> None:
    """Each of its messages holds the whole text so far."""
    async for raw in websocket:
        message = json.loads(raw)
        if message.get("type") == "ready_to_stop":
            return
        if message.get("error"):
            speaker.note(f"error: {message['error']}")
        if "lines" in message:
            spoken = [line["text"] or "" for line in message["lines"] if line.get("speaker") != _SILENCE]
            speaker.show(" ".join(spoken), message.get("buffer_transcription") or "")
    speaker.note("closed before ready_to_stop")
