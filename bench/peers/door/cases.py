"""What is compared: each server, alone on its core, in each of the ways that its clients may speak to it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from bench.edge import cpu_pinning
from bench.edge.testbed import Ground, listens
from bench.peers.door import client_protocols
from bench.peers.door.load_clients import Manner
from bench.peers.environments import WHISPERLIVE, WHISPERLIVEKIT, Environment
from infra.samples import WHISPER_MICRO
from infra.tls.contexts import client_context
from local.tcp_ports import LOOPBACK, free_port

_HERE = Path(__file__).parent

Running = Callable[[Ground], AbstractAsyncContextManager[tuple[int, Manner]]]
"""The server while the block runs: its process, and how to speak to it."""


@dataclass(frozen=True)
class Case:
    """`sent`: what its clients send, in a reader's words. `climbs`: whether it is tried with more and more clients."""

    server: str
    sent: str
    running: Running
    climbs: bool = False


def cases() -> Sequence[Case]:
    """Of Rostrum's edge, and of the peers whose environments are there."""
    found = [
        Case("rostrum", "16 bits", partial(_rostrum, encoding="pcm_s16le", secure=False), climbs=True),
        Case("rostrum", "floats", partial(_rostrum, encoding="pcm_f32le", secure=False)),
        Case("rostrum", "16 bits, TLS", partial(_rostrum, encoding="pcm_s16le", secure=True)),
    ]
    if WHISPERLIVE.is_there:
        found += [
            Case("whisperlive", "16 bits", partial(_whisperlive, audio_format="int16"), climbs=True),
            Case("whisperlive", "floats", partial(_whisperlive, audio_format="float32")),
            Case(
                "whisperlive",
                "16 bits, after a minute",
                partial(_whisperlive, audio_format="int16", later=True),
                climbs=True,
            ),
        ]
    if WHISPERLIVEKIT.is_there:
        found.append(Case("whisperlivekit", "16 bits", _whisperlivekit, climbs=True))
    return found


def versions() -> Mapping[str, str]:
    peers = {"whisperlive": WHISPERLIVE, "whisperlivekit": WHISPERLIVEKIT}
    there = {name: peer.versions()[peer.told[0]] for name, peer in peers.items() if peer.is_there}
    return {"rostrum": version("rostrum"), **there}


@asynccontextmanager
async def _rostrum(ground: Ground, *, encoding: str, secure: bool) -> AsyncIterator[tuple[int, Manner]]:
    """It writes to the broker, and its stand-in for a transcriber answers each client once a second."""
    port, plain_port = free_port(), free_port()
    url = f"wss://localhost:{port}/v1/stream" if secure else f"ws://localhost:{plain_port}/v1/stream"
    tls = client_context(ground.certificate.authority) if secure else None
    async with ground.edge(port, plain_port) as pid, ground.stand_in():
        yield pid, client_protocols.rostrum(url, tls, cache(ground.token), encoding)


@asynccontextmanager
async def _whisperlive(ground: Ground, *, audio_format: str, later: bool = False) -> AsyncIterator[tuple[int, Manner]]:
    port = free_port()
    async with _peer(ground, WHISPERLIVE, port, "whisperlive_stub.py", str(port)) as pid:
        yield pid, client_protocols.whisperlive(f"ws://{LOOPBACK}:{port}", audio_format, later=later)


@asynccontextmanager
async def _whisperlivekit(ground: Ground) -> AsyncIterator[tuple[int, Manner]]:
    port = free_port()
    options = ["--host", LOOPBACK, "--port", str(port), "--log-level", "WARNING", "--lan", "en", "--pcm-input"]
    options += ["--backend-policy", "localagreement", "--backend", "faster-whisper", "--model_dir", str(WHISPER_MICRO)]
    # Without its voice detector, and with a call of the model once a second: a real one takes so long that audio
    # gathers meanwhile.
    options += ["--warmup-file", "", "--no-vac", "--asr-coalesce-min-s", "1"]
    async with _peer(ground, WHISPERLIVEKIT, port, "whisperlivekit_stub.py", *options) as pid:
        yield pid, client_protocols.whisperlivekit(f"ws://{LOOPBACK}:{port}/asr")


def _peer(
    ground: Ground, environment: Environment, port: int, stub: str, *options: str
) -> AbstractAsyncContextManager[int]:
    command = [*cpu_pinning.MEASURED, str(environment.python), str(_HERE / stub), *options]
    return ground.program(environment.name, command, {"HF_HUB_OFFLINE": "1"}, partial(listens, port))
