"""All clients lose their connections at the same moment, and all reconnect at once: how long until each one's frames
are acknowledged again. Once the network fails, once the edge itself is killed and restarted."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psutil

from bench.edge.edge_clients import EdgeClient, EdgeClients
from bench.edge.testbed import EdgeTestbed
from bench.edge.trials import SETTLING_S
from bench.rounds import median_and_range
from infra.quantiles import quantile
from local.tcp_ports import free_port

CLIENTS = 500
GOAL_S = 10.0
_TIMEOUT_S = 60.0


async def measure(testbed: EdgeTestbed, rounds: int, count: int, progress: Callable[[str], None]) -> dict[str, Any]:
    cuts, kills = [], []
    for number in range(rounds):
        progress(f"reconnect storm of {count} clients, round {number + 1} of {rounds}")
        port = free_port()
        async with testbed.stub_transcriber():
            clients = EdgeClients(count, testbed.address(port))
            async with testbed.edge(port) as pid:
                await clients.connect()
                await clients.speak()
                await asyncio.sleep(SETTLING_S)
                cuts.append(await _storm(clients, clients.cut))
                await asyncio.sleep(SETTLING_S)
                recovering = asyncio.create_task(_storm(clients, psutil.Process(pid).kill))
                await asyncio.gather(*(client.disconnected() for client in clients.each))
            async with testbed.edge(port):
                kills.append(await recovering)
                await clients.leave()
    return {
        "clients": count,
        "connections_cut": _figures(cuts),
        "edge_killed": _figures(kills),
        "goal_s": GOAL_S,
    }


async def _storm(clients: EdgeClients, strike: Callable[[], None]) -> list[float]:
    """For each client, the seconds from the strike until frames that it sent after it are acknowledged."""
    began_s = time.monotonic()
    strike()
    async with asyncio.timeout(_TIMEOUT_S):
        return await asyncio.gather(*(_recovery_s(client, began_s) for client in clients.each))


async def _recovery_s(client: EdgeClient, began_s: float) -> float:
    await client.disconnected()
    await client.stop_speaking()
    await client.connect()
    await client.start()
    acked = client.acked
    client.speak()
    await client.acked_beyond(acked)
    return time.monotonic() - began_s


def _figures(storms: list[list[float]]) -> dict[str, Any]:
    return {
        "median_s": median_and_range([quantile(storm, 0.5) for storm in storms], 2),
        "last_s": median_and_range([max(storm) for storm in storms], 2),
    }
