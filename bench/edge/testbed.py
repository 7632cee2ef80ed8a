"""What the edge's benchmarks stand on: a broker, a certificate, and an edge as `rostrum up` starts it, each a process
of its own, on free ports, with data that is thrown away."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.edge import cpu_pinning
from bench.peers.whole.servers import started
from infra.identity import development_secret, development_token
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from infra.settings import LocalSettings, load
from infra.tls.development import Certificate, development_certificate
from local import die_with_parent
from local.jars import KAFKA, install
from local.kafka_node import prepare
from local.tcp_ports import LOOPBACK, free_port


@dataclass(frozen=True)
class Ground:
    """A broker that runs, and what the programs beside it are given."""

    folder: Path
    kafka: KafkaSettings
    certificate: Certificate

    def token(self, user: str) -> str:
        return development_token(development_secret(LocalSettings(data=self.folder)), user)

    def edge(self, port: int, plain_port: int = 0) -> AbstractAsyncContextManager[int]:
        """An edge on this port while the block runs, and on another without TLS if one is given; gives its process
        id."""
        # Hundreds begin at once here, and the stand-in has room for all of them.
        own = {"EDGE_PORT": str(port), "EDGE_PLAIN_PORT": str(plain_port), "EDGE_ADMISSION_MAX_LAG_S": "0"}
        return self.program("edge", [*cpu_pinning.MEASURED, sys.executable, "-m", "edge"], own, partial(listens, port))

    def stand_in(self, *options: str) -> AbstractAsyncContextManager[int]:
        """Somebody who plays the transcriber (`bench/edge/stand_in.py`)."""
        log = self.log("stand-in")
        command = [*cpu_pinning.OTHERS, sys.executable, "-m", "bench.edge.stub_transcriber", *options]
        return self.program("stand-in", command, {}, partial(_said_ready, log, log.stat().st_size))

    @asynccontextmanager
    async def program(
        self, name: str, command: Sequence[str], settings: Mapping[str, str], is_ready: Callable[[], bool]
    ) -> AsyncIterator[int]:
        """One of the programs, which goes with this one if that is killed."""
        environment = {**os.environ, **self.settings, **settings}

        async def ready() -> bool:
            return is_ready()

        async with started([*_going_along(), *command], environment, self.log(name), ready) as pid:
            yield pid

    @property
    def settings(self) -> Mapping[str, str]:
        kafka = {"KAFKA_PORT": str(self.kafka.port), "KAFKA_PARTITIONS": str(self.kafka.partitions)}
        return {"ROSTRUM_DATA": str(self.folder), **kafka}

    def log(self, name: str) -> Path:
        path = self.folder / f"{name}.log"
        path.touch()
        return path


@asynccontextmanager
async def laid(*, partitions: int = 4, keep_mb: int | None = None) -> AsyncIterator[Ground]:
    """A broker with all topics while the block runs. `keep_mb`: of audio, per partition; closed segments alone go."""
    cache = load(LocalSettings).cache
    with TemporaryDirectory(prefix="rostrum-bench-") as made:
        folder = Path(made)
        keep_bytes = -1 if keep_mb is None else keep_mb * 1024 * 1024
        port = free_port()
        kafka = KafkaSettings(
            port=port, bootstrap="", prefix="", partitions=partitions, audio_retention_bytes=keep_bytes
        )
        ground = Ground(folder, kafka, development_certificate(folder))
        command = await asyncio.to_thread(prepare, folder / "kafka", install(KAFKA, cache), port)
        async with ground.program("kafka", [*cpu_pinning.OTHERS, *command], {}, partial(listens, port)):
            await create_topics(kafka)
            yield ground


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def _said_ready(log: Path, after_bytes: int) -> bool:
    return b"ready" in log.read_bytes()[after_bytes:]


def _going_along() -> Sequence[str]:
    return [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())]
