"""All clients lose their connections at once, and all come back at once: how long until each speaks again, acks
flowing. Once the network alone goes, once the edge itself is killed and started anew."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psutil

from bench.edge.edge_clients import Speaker, Swarm
from bench.edge.overhead import spread
from bench.edge.testbed import Ground
from bench.edge.trials import SETTLING_S, address
from bench.peers.figures import quantile
from local.tcp_ports import free_port

CLIENTS = 500
GOAL_S = 10.0
_GIVE_UP_S = 60.0


async def measure(ground: Ground, rounds: int, told: Callable[[str], None]) -> dict[str, Any]:
    cuts, kills = [], []
    for number in range(rounds):
        told(f"reconnect storm of {CLIENTS}, round {number + 1} of {rounds}")
        port = free_port()
        async with ground.stand_in():
            swarm = Swarm(CLIENTS, address(ground, port))
            async with ground.edge(port) as pid:
                await swarm.connect()
                await swarm.speak()
                await asyncio.sleep(SETTLING_S)
                cuts.append(await _storm(swarm, cut_all(swarm)))
                await asyncio.sleep(SETTLING_S)
                kill = psutil.Process(pid).kill
                lost = asyncio.create_task(_storm(swarm, kill))
                await asyncio.gather(*(speaker.gone() for speaker in swarm.speakers))
            async with ground.edge(port):
                kills.append(await lost)
                await swarm.leave()
    return {
        "clients": CLIENTS,
        "connections_cut": _figures(cuts),
        "edge_killed": _figures(kills),
        "goal_s": GOAL_S,
    }


def cut_all(swarm: Swarm) -> Callable[[], None]:
    def cut() -> None:
        for speaker in swarm.speakers:
            speaker.cut()

    return cut


async def _storm(swarm: Swarm, strike: Callable[[], None]) -> list[float]:
    """Seconds from the strike until each has an ack for more than it had before."""
    began_s = time.monotonic()
    strike()
    async with asyncio.timeout(_GIVE_UP_S):
        return sorted(await asyncio.gather(*(_return(speaker, began_s) for speaker in swarm.speakers)))


async def _return(speaker: Speaker, began_s: float) -> float:
    await speaker.gone()
    await speaker.hush()
    held = speaker.acked
    await speaker.connect()
    await speaker.begin()
    speaker.speak()
    await speaker.acked_more(held)
    return time.monotonic() - began_s


def _figures(storms: list[list[float]]) -> dict[str, Any]:
    return {
        "median_s": spread([quantile(storm, 0.5) for storm in storms], 2),
        "last_s": spread([storm[-1] for storm in storms], 2),
    }
