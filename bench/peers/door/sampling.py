"""Measuring a server with a number of clients, from their connecting to their leaving."""

import asyncio
import time

import psutil

from bench.edge.trials import cpu_time_s, resident_mb
from bench.peers.door.load_clients import ClientProtocol, LoadClients
from bench.peers.door.measurement import DoorMeasurement
from infra.errors import Unavailable

_SETTLING_S = 2.0
_CATCH_UP_S = 30.0
_REAL_TIME = 1.05


async def measure_server(pid: int, protocol: ClientProtocol, count: int, seconds: float) -> DoorMeasurement:
    """Raises Unavailable if the server does not accept all clients, or does not catch up with the audio that they begin
    with."""
    process = psutil.Process(pid)
    memory_mb = {"empty": resident_mb(process)}
    clients = LoadClients(count, protocol)
    try:
        await clients.connect()
        memory_mb["idle"] = resident_mb(process)
        clients.speak()
        await asyncio.sleep(_SETTLING_S)
        await _caught_up(clients, count)
        stats = clients.stats
        stats.clear()
        progress_s, cpu_s, began_s = sum(clients.progress_s()), cpu_time_s(process), time.monotonic()
        stats.on = True
        await asyncio.sleep(seconds)
        stats.on, ended_s = False, time.monotonic()
        memory_mb["speaking"] = resident_mb(process)
        return DoorMeasurement(
            clients=count,
            seconds=ended_s - began_s,
            cpu_s=cpu_time_s(process) - cpu_s,
            progress_s=sum(clients.progress_s()) - progress_s,
            late_s=tuple(stats.late_s),
            pings=tuple(stats.pings),
            ended_s=ended_s,
            messages=stats.messages,
            disconnected=clients.disconnected,
            memory_mb=memory_mb,
        )
    finally:
        await clients.leave()


async def _caught_up(clients: LoadClients, count: int) -> None:
    """Returns once audio is processed no faster than it is spoken: the audio that clients began with is done then."""
    deadline_s = time.monotonic() + _CATCH_UP_S
    while time.monotonic() < deadline_s:
        before_s = sum(clients.progress_s())
        await asyncio.sleep(1.0)
        if sum(clients.progress_s()) - before_s < _REAL_TIME * count:
            return
    raise Unavailable(
        f"The audio that {count} clients began with was not processed in {_CATCH_UP_S:.0f} s.", "See the server's log."
    )
