"""One trial of what is compared: the edge, or a bare program that does a part of its work, under one load."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import psutil

from bench.edge import cpu_pinning
from bench.edge.edge_clients import EdgeAddress, EdgeClients
from bench.edge.testbed import EdgeTestbed
from bench.support.processes import listens
from infra.errors import Unavailable
from infra.quantiles import quantile
from local.tcp_ports import free_port

SETTLING_S = 2.0
"""Before anything is measured: connections, topics and caches are warm then."""


@dataclass(frozen=True)
class Trial:
    cpu_s: float
    """The program's CPU time for these frames."""
    frames: int
    delays_s: Sequence[float]
    """How long each frame waited."""
    late_s: Sequence[float] = ()
    """How much later than due the clients sent them; large values mean that the clients were the bottleneck."""

    @property
    def cpu_us_per_frame(self) -> float:
        return 1e6 * self.cpu_s / self.frames

    def delay_ms(self, share: float) -> float:
        return round(1000 * quantile(self.delays_s, share), 2)

    def late_ms(self, share: float) -> float:
        return round(1000 * quantile(self.late_s, share), 2)


async def measure_clients(pid: int, clients: EdgeClients, seconds: float) -> Trial:
    """Clients that are speaking, measured for this long; the process is the server's. Raises Unavailable if the server
    refused frames, for then it did less work than it would be credited for."""
    await asyncio.sleep(SETTLING_S)
    process, stats = psutil.Process(pid), clients.stats
    stats.clear()
    before_s, stats.on = cpu_time_s(process), True
    await asyncio.sleep(seconds)
    stats.on, cpu_s = False, cpu_time_s(process) - before_s
    if errors := clients.errors():
        raise Unavailable(f"The server refused clients: {', '.join(errors)}.", "See its settings.")
    return Trial(cpu_s, stats.acked, tuple(stats.ack_delays_s), tuple(stats.late_s))


async def trial_of_server(pid: int, address: EdgeAddress, count: int, seconds: float) -> Trial:
    """Clients from their connecting to their leaving."""
    clients = EdgeClients(count, address)
    await clients.connect()
    await clients.speak()
    trial = await measure_clients(pid, clients, seconds)
    await clients.leave()
    return trial


async def trial_of_bare_websockets(testbed: EdgeTestbed, clients: int, seconds: float) -> Trial:
    port = free_port()
    chain, key = testbed.certificate.chain, testbed.certificate.key
    module = [sys.executable, "-m", "bench.edge.bare_websockets"]
    command = [*cpu_pinning.MEASURED, *module, str(port), str(chain), str(key)]
    async with testbed.program("bare-websockets", command, {}, partial(listens, port)) as pid:
        return await trial_of_server(pid, testbed.address(port), clients, seconds)


async def trial_of_bare_producer(testbed: EdgeTestbed, sessions: int, seconds: float) -> Trial:
    command = [*cpu_pinning.MEASURED, sys.executable, "-m", "bench.edge.bare_producer", str(sessions), str(seconds)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, **testbed.settings}
    )
    async with asyncio.timeout(seconds + 60):
        output, _ = await process.communicate()
    if process.returncode:
        raise Unavailable(f"The bare producer ended with {process.returncode}.", "Its output is above.")
    result = json.loads(output)
    return Trial(result["cpu_s"], result["frames"], tuple(result["delays_s"]))


def cpu_time_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def resident_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1024**2
