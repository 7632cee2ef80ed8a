"""The doors: Rostrum's edge, and the other servers with models that answer at once. Each is alone on its core, with
each way in which its clients may speak to it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from bench.edge import cpu_pinning
from bench.edge.testbed import EdgeTestbed
from bench.peers.contender import Row
from bench.peers.door import client_protocols
from bench.peers.door.load_clients import ClientProtocol
from bench.peers.door.sampling import measure_server
from bench.peers.environments import WHISPERLIVE, WHISPERLIVEKIT, PeerEnvironment
from bench.support.processes import listens
from infra.samples import WHISPER_MICRO
from infra.tls.contexts import client_context
from local.tcp_ports import LOOPBACK, free_port

MODEL, SPEECH = "stubbed models", "silent audio"
COUNTS = (100, 200, 300, 400, 600, 800)
REPEATS = 2
SECONDS = 6.0
_LONGEST_S = 90.0
_HERE = Path(__file__).parent

Door = Callable[[], AbstractAsyncContextManager[tuple[int, ClientProtocol]]]
"""The server during the block: its process id, and how to speak to it."""


@dataclass(frozen=True)
class DoorServer:
    server: str
    sent: str
    running: Door
    reported: Callable[[], Mapping[str, str]]
    climbs: bool = False

    async def measure(self, clients: int) -> Row:
        async with self.running() as (pid, protocol):
            return (await measure_server(pid, protocol, clients, SECONDS)).figures()

    def longest_s(self, _clients: int) -> float:
        return _LONGEST_S

    def versions(self) -> Mapping[str, str]:
        return self.reported()


def door_servers(testbed: EdgeTestbed) -> list[DoorServer]:
    """Rostrum's edge, and the peers whose environments are installed."""

    def of_rostrum() -> Mapping[str, str]:
        return {"rostrum": version("rostrum")}

    def edge(sent: str, encoding: str, *, tls: bool = False, climbs: bool = False) -> DoorServer:
        return DoorServer("rostrum", sent, partial(_rostrum, testbed, encoding, tls=tls), of_rostrum, climbs)

    def live(sent: str, audio_format: str, *, after_a_minute: bool = False, climbs: bool = False) -> DoorServer:
        door = partial(_whisperlive, testbed, audio_format, after_a_minute=after_a_minute)
        return DoorServer("whisperlive", sent, door, WHISPERLIVE.versions, climbs)

    found = [
        edge("16 bits", "pcm_s16le", climbs=True),
        edge("floats", "pcm_f32le"),
        edge("16 bits, TLS", "pcm_s16le", tls=True),
    ]
    if WHISPERLIVE.is_installed:
        found += [
            live("16 bits", "int16", climbs=True),
            live("floats", "float32"),
            live("16 bits, after a minute", "int16", after_a_minute=True, climbs=True),
        ]
    if WHISPERLIVEKIT.is_installed:
        door = partial(_whisperlivekit, testbed)
        found.append(DoorServer("whisperlivekit", "16 bits", door, WHISPERLIVEKIT.versions, climbs=True))
    return found


@asynccontextmanager
async def _rostrum(testbed: EdgeTestbed, encoding: str, *, tls: bool) -> AsyncIterator[tuple[int, ClientProtocol]]:
    """It writes to the broker, and its stub transcriber answers each client once a second."""
    port, plain_port = free_port(), free_port()
    url = f"wss://localhost:{port}/v1/stream" if tls else f"ws://localhost:{plain_port}/v1/stream"
    context = client_context(testbed.certificate.authority) if tls else None
    async with testbed.edge(port, plain_port) as pid, testbed.stub_transcriber():
        yield pid, client_protocols.rostrum(url, context, cache(testbed.token), encoding)


@asynccontextmanager
async def _whisperlive(
    testbed: EdgeTestbed, audio_format: str, *, after_a_minute: bool
) -> AsyncIterator[tuple[int, ClientProtocol]]:
    port = free_port()
    async with _peer(testbed, WHISPERLIVE, port, "whisperlive_stub.py", str(port)) as pid:
        url = f"ws://{LOOPBACK}:{port}"
        yield pid, client_protocols.whisperlive(url, audio_format, after_a_minute=after_a_minute)


@asynccontextmanager
async def _whisperlivekit(testbed: EdgeTestbed) -> AsyncIterator[tuple[int, ClientProtocol]]:
    port = free_port()
    options = ["--host", LOOPBACK, "--port", str(port), "--log-level", "WARNING", "--lan", "en", "--pcm-input"]
    options += ["--backend-policy", "localagreement", "--backend", "faster-whisper", "--model_dir", str(WHISPER_MICRO)]
    # Without its VAD, and with a model call once a second: a real one takes so long that audio accumulates meanwhile.
    options += ["--warmup-file", "", "--no-vac", "--asr-coalesce-min-s", "1"]
    async with _peer(testbed, WHISPERLIVEKIT, port, "whisperlivekit_stub.py", *options) as pid:
        yield pid, client_protocols.whisperlivekit(f"ws://{LOOPBACK}:{port}/asr")


def _peer(
    testbed: EdgeTestbed, environment: PeerEnvironment, port: int, stub: str, *options: str
) -> AbstractAsyncContextManager[int]:
    command = [*cpu_pinning.MEASURED, str(environment.python), str(_HERE / stub), *options]
    return testbed.program(environment.name, command, {"HF_HUB_OFFLINE": "1"}, partial(listens, port))
