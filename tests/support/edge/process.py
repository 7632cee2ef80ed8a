"""The edge as a process of its own, with access to its log, metrics and memory."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from infra.kafka.settings import KafkaSettings
from local.probes import stage_probe
from local.tcp_ports import LOOPBACK, free_port
from tests.support.edge.in_process import Address
from tests.support.waiting import DEADLINE_S


@dataclass
class EdgeProcess:
    address: Address
    process: asyncio.subprocess.Process
    health_port: int
    log_file: Path

    @property
    def log(self) -> str:
        """Its whole log so far."""
        return self.log_file.read_text(encoding="utf-8")

    async def metrics(self) -> str:
        async with httpx.AsyncClient(timeout=DEADLINE_S) as http:
            return (await http.get(f"http://{LOOPBACK}:{self.health_port}/metrics")).text

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that bear these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(await self.metrics())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def quiet(self, within_s: float = DEADLINE_S) -> None:
        """Returns when no client is connected and all sockets are closed."""
        async with asyncio.timeout(within_s):
            while await self.metric("rostrum_edge_connections") or self.sockets:  # noqa: ASYNC110 - asked from outside
                await asyncio.sleep(0.1)

    @property
    def _seen(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    @property
    def memory_mb(self) -> float:
        return round(self._seen.memory_info().rss / 2**20, 1)

    @property
    def cpu_s(self) -> float:
        """Processor time since its start."""
        return sum(self._seen.cpu_times()[:2])

    @property
    def threads(self) -> int:
        return self._seen.num_threads()

    @property
    def sockets(self) -> int:
        """Clients' open sockets, before and after a handshake."""
        ports = (self.address.port, self.address.plain_port)
        return sum(
            at.status == psutil.CONN_ESTABLISHED and at.laddr.port in ports for at in self._seen.net_connections("tcp")
        )


@asynccontextmanager
async def edge_process(
    kafka: KafkaSettings, folder: Path, *, before: Sequence[str] = (), **settings: str
) -> AsyncIterator[EdgeProcess]:
    """Ready when the block begins; stopped by SIGTERM at its end, which must be a clean one. `before`: put before the
    command, as `taskset`, which becomes the program it starts."""
    address = Address(free_port(), free_port(), folder, kafka, ordinal=0)
    health_port, log_file = free_port(), folder / "edge.log"
    given = {
        "ROSTRUM_DATA": str(folder),
        "EDGE_PORT": str(address.port),
        "EDGE_PLAIN_PORT": str(address.plain_port),
        "HEALTH_PORT": str(health_port),
        "KAFKA_PORT": str(kafka.port),
        "KAFKA_PREFIX": kafka.prefix,
        "LOG_FORMAT": "json",
        "EDGE_ADMISSION_MAX_LAG_S": "0",
        **settings,
    }
    with log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *before, sys.executable, "-m", "edge", env=os.environ | given, stdout=log, stderr=log
        )
    running = EdgeProcess(address, process, health_port, log_file)
    try:
        async with asyncio.timeout(DEADLINE_S):
            while await stage_probe(health_port)() is not None:
                assert process.returncode is None, running.log[-3000:]
                await asyncio.sleep(0.05)
        yield running
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() == 0, running.log[-3000:]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
