"""How many sessions one core holds, and what a connection takes of memory."""

from collections.abc import Callable
from typing import Any

import psutil

from bench.edge.edge_clients import Swarm
from bench.edge.testbed import Ground
from bench.edge.trials import address, speaking
from local.tcp_ports import free_port

COUNTS = (250, 500, 750)
SECONDS = 10.0
GOAL_CONNECTIONS = 500
GOAL_ACK_P99_MS = 250.0


async def measure(ground: Ground, told: Callable[[str], None]) -> dict[str, Any]:
    steps = []
    for count in COUNTS:
        told(f"{count} connections over TLS at one core")
        steps.append(await _step(ground, count))
    held = [step["connections"] for step in steps if step["held"]]
    return {
        "steps": steps,
        "held": max(held, default=0),
        "goal": {"connections": GOAL_CONNECTIONS, "ack_p99_ms": GOAL_ACK_P99_MS},
    }


async def _step(ground: Ground, count: int) -> dict[str, Any]:
    """A fresh edge with so many clients: first all idle, then all speaking."""
    port = free_port()
    async with ground.edge(port) as pid, ground.stand_in():
        process, own = psutil.Process(pid), psutil.Process()
        empty = _resident_kb(process)
        swarm = Swarm(count, address(ground, port))
        await swarm.connect()
        idle = _resident_kb(process)
        await swarm.speak()
        before_s = sum(own.cpu_times()[:2])
        turn = await speaking(pid, swarm, SECONDS)
        clients_s = sum(own.cpu_times()[:2]) - before_s
        busy = _resident_kb(process)
        await swarm.leave()
    expected = count * 4 * SECONDS
    return {
        "connections": count,
        "ack_ms": {"p50": turn.delay_ms(0.5), "p95": turn.delay_ms(0.95), "p99": turn.delay_ms(0.99)},
        "acked_share": round(turn.frames / expected, 3),
        "held": turn.delay_ms(0.99) < GOAL_ACK_P99_MS and turn.frames > 0.99 * expected,
        "edge_cores": round(turn.cpu_s / SECONDS, 2),
        "clients_cores": round(clients_s / SECONDS, 2),
        "clients_late_p99_ms": turn.late_ms(0.99),
        "edge_mb": {name: round(kb / 1024, 1) for name, kb in (("empty", empty), ("idle", idle), ("speaking", busy))},
        "kb_per_connection": {"idle": round((idle - empty) / count), "speaking": round((busy - empty) / count)},
    }


def _resident_kb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1024
