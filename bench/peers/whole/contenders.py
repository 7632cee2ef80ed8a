"""Whole servers, as their users start them, with the same model and the same speech."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers.contender import Row
from bench.peers.environments import WHISPERLIVE, WHISPERLIVEKIT
from bench.peers.whole.figures import figures
from bench.peers.whole.process_usage import ProcessUsage
from bench.peers.whole.rostrum import RostrumServer
from bench.peers.whole.servers import PeerServer
from bench.peers.whole.streaming_client import StreamingClient
from bench.peers.whole.whisperlive import WhisperLiveServer
from bench.peers.whole.whisperlivekit import WhisperLiveKitServer
from bench.speech_streams import SpeechStream
from bench.support.processes import START_S
from bench.workload import Workload
from infra.errors import RostrumError
from infra.settings import LocalSettings, load

STREAM_S = 62.0
COUNTS = (1, 2, 4, 8, 12, 16, 32)
_STAGGER_S = 0.37
"""Between the starts of two speakers, so that they are not in step."""
_WARM_UP_STREAM_S = 4.0
_WARM_UP_S = 90.0
_SPARE_S = 60.0


@dataclass(frozen=True)
class WholeServer:
    peer: PeerServer
    workload: Workload
    stream_s: float
    sent: str = ""
    climbs: bool = True

    @property
    def server(self) -> str:
        return self.peer.name

    def versions(self) -> Mapping[str, str]:
        return self.peer.versions()

    def longest_s(self, clients: int) -> float:
        warm_up_s = _WARM_UP_S if self.peer.warms_up else 0
        return START_S + warm_up_s + clients * _STAGGER_S + self.stream_s + self.peer.drain_s + _SPARE_S

    async def measure(self, clients: int) -> Row:
        streams = [self.workload.speech.stream(number, self.stream_s) for number in range(clients)]
        async with self.peer.running(_log(f"{self.server}-{clients}")) as groups:
            if self.peer.warms_up:
                await self._warm_up()
            return await self._measured(ProcessUsage(groups), streams)

    async def _warm_up(self) -> None:
        client = StreamingClient(self.workload.speech.stream(0, _WARM_UP_STREAM_S))
        await client.run(self.peer.session, _WARM_UP_S)
        if client.problems:
            raise RostrumError(f"{self.server} failed in its warm-up: {client.problems[0]}", "See its log.")

    async def _measured(self, usage: ProcessUsage, streams: Sequence[SpeechStream]) -> Row:
        clients = [StreamingClient(each) for each in streams]
        stopped = asyncio.Event()
        sampling = asyncio.create_task(usage.sample_until(stopped))
        began_s, harness_s = time.monotonic(), time.process_time()

        async def one(index: int, client: StreamingClient) -> None:
            await asyncio.sleep(index * _STAGGER_S)
            await client.run(self.peer.session, client.stream.seconds + self.peer.drain_s)

        try:
            await asyncio.gather(*(one(index, client) for index, client in enumerate(clients)))
        finally:
            stopped.set()
            await sampling
        streaming_s = max(index * _STAGGER_S + each.seconds for index, each in enumerate(streams))
        audio_s = sum(each.seconds for each in streams)
        cpu_s = usage.cpu_s(began_s + streaming_s)
        own_s = sum(cpu_s[name] for name in self.peer.measured)
        return {
            **await asyncio.to_thread(figures, clients),
            "audio_s": round(audio_s, 1),
            "cpu_s_per_audio_s": round(own_s / audio_s, 3),
            "cpu_s_per_audio_s_by_process": {name: round(each / audio_s, 3) for name, each in cpu_s.items()},
            "cores": round(own_s / streaming_s, 2),
            "peak_mb": round(sum(usage.peak_mb[name] for name in self.peer.measured)),
            "peak_mb_by_process": {name: round(each) for name, each in usage.peak_mb.items()},
            "harness_cpu_s": round(time.process_time() - harness_s, 1),
        }


def whole_servers(workload: Workload, stream_s: float) -> list[WholeServer]:
    """Rostrum with the encoder's whole input, as peers are compared, and, with the demo recogniser, also with a short
    one, which only that model was trained for; peers if their environments are installed."""
    model = workload.model
    peers: list[PeerServer] = [RostrumServer("rostrum", {**workload.settings, "TRANSCRIBE_ENCODER_FRAMES": "3000"})]
    if model.is_demo:
        peers.append(RostrumServer("rostrum-short", workload.settings))
    if WHISPERLIVEKIT.is_installed:
        peers.append(WhisperLiveKitServer(model))
    if WHISPERLIVE.is_installed:
        peers.append(WhisperLiveServer(model))
    return [WholeServer(peer, workload, stream_s) for peer in peers]


def _log(name: str) -> Path:
    folder = load(LocalSettings).cache.absolute() / "peers" / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"
