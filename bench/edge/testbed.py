"""Where the edge's benchmarks run: a broker, a certificate, and an edge as `rostrum up` starts it, each a process of
its own, on free ports, with data that is thrown away."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.edge import cpu_pinning
from bench.edge.edge_clients import EdgeAddress
from bench.support.broker import kafka_broker
from bench.support.processes import dying_with_us, listens, running
from infra.identity import development_secret, development_token
from infra.kafka.settings import KafkaSettings
from infra.settings import LocalSettings
from infra.tls.contexts import client_context
from infra.tls.development import Certificate, development_certificate

MODEL, SPEECH = "stub transcriber", "silent frames"


@dataclass(frozen=True)
class EdgeTestbed:
    """A running broker, and what other programs need to use it."""

    folder: Path
    kafka: KafkaSettings
    certificate: Certificate

    def token(self, user: str) -> str:
        return development_token(development_secret(LocalSettings(data=self.folder)), user)

    def address(self, port: int) -> EdgeAddress:
        """Of an edge on this port."""
        url = f"wss://localhost:{port}/v1/stream"
        return EdgeAddress(url, client_context(self.certificate.authority), cache(self.token))

    def edge(self, port: int, plain_port: int = 0) -> AbstractAsyncContextManager[int]:
        """An edge during the block, on this port and, if one is given, on another without TLS. Gives its process id."""
        # Hundreds of sessions begin at once here, and the stub transcriber has room for all of them.
        own = {"EDGE_PORT": str(port), "EDGE_PLAIN_PORT": str(plain_port), "EDGE_ADMISSION_MAX_LAG_S": "0"}
        command = [*cpu_pinning.MEASURED, sys.executable, "-m", "edge"]
        return self.program("edge", command, own, partial(listens, port))

    def stub_transcriber(self, *options: str) -> AbstractAsyncContextManager[int]:
        log = self.log("stub-transcriber")
        command = [*cpu_pinning.OTHERS, sys.executable, "-m", "bench.edge.stub_transcriber", *options]
        return self.program("stub-transcriber", command, {}, partial(_logged_ready, log, log.stat().st_size))

    @asynccontextmanager
    async def program(
        self, name: str, command: Sequence[str], settings: Mapping[str, str], is_ready: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[int]:
        environment = {**os.environ, **self.settings, **settings}
        async with running(dying_with_us(command), environment, self.log(name), is_ready) as pid:
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
async def edge_testbed(*, partitions: int = 4, audio_retention_mb: int | None = None) -> AsyncIterator[EdgeTestbed]:
    """`audio_retention_mb`: per partition; Kafka deletes closed segments only."""
    retention_bytes = -1 if audio_retention_mb is None else audio_retention_mb * 1024 * 1024
    with TemporaryDirectory(prefix="rostrum-bench-") as name:
        folder = Path(name)
        broker = kafka_broker(
            folder, partitions=partitions, audio_retention_bytes=retention_bytes, launcher=cpu_pinning.OTHERS
        )
        async with broker as kafka:
            yield EdgeTestbed(folder, kafka, development_certificate(folder))


async def _logged_ready(log: Path, after_bytes: int) -> bool:
    return b"ready" in (await asyncio.to_thread(log.read_bytes))[after_bytes:]
