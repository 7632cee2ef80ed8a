"""A server watched with so many clients, from their coming to their going."""

import asyncio
import time

import psutil

from bench.peers.door.load_clients import Callers, Manner
from bench.peers.door.measurement import Seen
from infra.errors import Unavailable

_SETTLING_S = 2.0
_CATCH_UP_S = 30.0
_REAL_TIME = 1.05


async def watched(pid: int, manner: Manner, clients: int, seconds: float) -> Seen:
    """Raises Unavailable if it does not take them all, or is not through in time with what they begin with."""
    process = psutil.Process(pid)
    memory_mb = {"empty": _resident_mb(process)}
    callers = Callers(clients, manner)
    try:
        await callers.connect()
        memory_mb["idle"] = _resident_mb(process)
        callers.speak()
        await asyncio.sleep(_SETTLING_S)
        await _caught_up(callers, clients)
        counted = callers.counted
        counted.clear()
        heard_s, cpu_s, began_s = sum(callers.heard_s()), _cpu_s(process), time.monotonic()
        counted.on = True
        await asyncio.sleep(seconds)
        counted.on, ended_s = False, time.monotonic()
        memory_mb["speaking"] = _resident_mb(process)
        return Seen(
            clients=clients,
            seconds=ended_s - began_s,
            cpu_s=_cpu_s(process) - cpu_s,
            heard_s=sum(callers.heard_s()) - heard_s,
            late_s=tuple(counted.late_s),
            pings=tuple(counted.pings),
            ended_s=ended_s,
            messages=counted.messages,
            lost=callers.lost,
            memory_mb=memory_mb,
        )
    finally:
        await callers.leave()


async def _caught_up(callers: Callers, clients: int) -> None:
    """Returns once audio is heard no faster than it is spoken: what clients began with is dealt with then."""
    deadline_s = time.monotonic() + _CATCH_UP_S
    while time.monotonic() < deadline_s:
        before_s = sum(callers.heard_s())
        await asyncio.sleep(1.0)
        if sum(callers.heard_s()) - before_s < _REAL_TIME * clients:
            return
    raise Unavailable(
        f"What {clients} clients began with was not dealt with in {_CATCH_UP_S:.0f} s.", "See the server's log."
    )


def _resident_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1024**2


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
