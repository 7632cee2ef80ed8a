"""One turn of what is compared: the edge, or one of the bare programs that do a part of its work, under one load."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import psutil

from bench.edge import cpu_pinning
from bench.edge.edge_clients import Swarm, Where
from bench.edge.testbed import Ground, listens
from bench.peers.figures import quantile
from infra.errors import Unavailable
from infra.tls.contexts import client_context
from local.tcp_ports import free_port

SETTLING_S = 2.0
"""Before anything is counted: connections, topics and caches are warm then."""


@dataclass(frozen=True)
class Turn:
    """What one program took for these frames, and how long each waited: in seconds. `late_s`: how much later than due
    the clients sent them; what is not small there is the clients' own slowness."""

    cpu_s: float
    frames: int
    delays_s: Sequence[float]
    late_s: Sequence[float] = ()

    @property
    def cpu_us_per_frame(self) -> float:
        return 1e6 * self.cpu_s / self.frames

    def delay_ms(self, share: float) -> float:
        return _ms(self.delays_s, share)

    def late_ms(self, share: float) -> float:
        return _ms(self.late_s, share)


def address(ground: Ground, port: int) -> Where:
    url = f"wss://localhost:{port}/v1/stream"
    return Where(url, client_context(ground.certificate.authority), cache(ground.token))


async def speaking(pid: int, swarm: Swarm, seconds: float) -> Turn:
    """Clients that speak already, watched for so long; the process is the server's. Raises Unavailable if the server
    did not keep up: then it did less work than it is credited for."""
    await asyncio.sleep(SETTLING_S)
    process, record = psutil.Process(pid), swarm.record
    record.ack_delays_s.clear()
    record.late_s.clear()
    before_s, record.on = _cpu_s(process), True
    await asyncio.sleep(seconds)
    record.on, cpu_s = False, _cpu_s(process) - before_s
    if errors := swarm.errors():
        raise Unavailable(f"The server refused clients: {', '.join(errors)}.", "See its settings.")
    return Turn(cpu_s, record.acked, tuple(record.ack_delays_s), tuple(record.late_s))


async def serving(pid: int, where: Where, clients: int, seconds: float) -> Turn:
    """A server with so many clients, from their coming to their going."""
    swarm = Swarm(clients, where)
    await swarm.connect()
    await swarm.speak()
    turn = await speaking(pid, swarm, seconds)
    await swarm.leave()
    return turn


async def receiving_bare(ground: Ground, clients: int, seconds: float) -> Turn:
    port = free_port()
    chain, key = ground.certificate.chain, ground.certificate.key
    module = [sys.executable, "-m", "bench.edge.bare_websockets"]
    command = [*cpu_pinning.MEASURED, *module, str(port), str(chain), str(key)]
    async with ground.program("bare-receiving", command, {}, partial(listens, port)) as pid:
        return await serving(pid, address(ground, port), clients, seconds)


async def producing_bare(ground: Ground, sessions: int, seconds: float) -> Turn:
    command = [*cpu_pinning.MEASURED, sys.executable, "-m", "bench.edge.bare_producer", str(sessions), str(seconds)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, **ground.settings}
    )
    async with asyncio.timeout(seconds + 60):
        output, _ = await process.communicate()
    if process.returncode:
        raise Unavailable(f"The bare producer ended with {process.returncode}.", "Its output is above.")
    told = json.loads(output)
    return Turn(told["cpu_s"], told["frames"], tuple(told["delays_s"]))


def _ms(values_s: Sequence[float], share: float) -> float:
    return round(quantile(sorted(1000 * value for value in values_s), share), 2)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
