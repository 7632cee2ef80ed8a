"""How many sessions one core serves, and how much memory a connection takes."""

from collections.abc import Callable, Sequence
from typing import Any

import psutil

from bench.edge.edge_clients import EdgeClients
from bench.edge.testbed import EdgeTestbed
from bench.edge.trials import cpu_time_s, measure_clients, resident_mb
from local.tcp_ports import free_port

COUNTS = (250, 500, 750)
SECONDS = 10.0
GOAL_SESSIONS = 500
GOAL_ACK_P99_MS = 250.0
_LEAST_ACKED_SHARE = 0.99
_FRAMES_PER_S = 4


async def measure(testbed: EdgeTestbed, counts: Sequence[int], progress: Callable[[str], None]) -> dict[str, Any]:
    steps = []
    for count in counts:
        progress(f"{count} sessions over TLS on one core")
        steps.append(await _step(testbed, count))
    served = [step["sessions"] for step in steps if step["served"]]
    return {
        "steps": steps,
        "most_served": max(served, default=0),
        "goal": {"sessions": GOAL_SESSIONS, "ack_p99_ms": GOAL_ACK_P99_MS},
    }


async def _step(testbed: EdgeTestbed, count: int) -> dict[str, Any]:
    """A fresh edge whose clients first are idle and then speak."""
    port = free_port()
    async with testbed.edge(port) as pid, testbed.stub_transcriber():
        process, own = psutil.Process(pid), psutil.Process()
        empty_mb = resident_mb(process)
        clients = EdgeClients(count, testbed.address(port))
        await clients.connect()
        idle_mb = resident_mb(process)
        await clients.speak()
        before_s = cpu_time_s(own)
        trial = await measure_clients(pid, clients, SECONDS)
        clients_s = cpu_time_s(own) - before_s
        speaking_mb = resident_mb(process)
        await clients.leave()
    acked_share = trial.frames / (count * _FRAMES_PER_S * SECONDS)
    memory_mb = {"empty": empty_mb, "idle": idle_mb, "speaking": speaking_mb}
    return {
        "sessions": count,
        "ack_ms": {"p50": trial.delay_ms(0.5), "p95": trial.delay_ms(0.95), "p99": trial.delay_ms(0.99)},
        "acked_share": round(acked_share, 3),
        "served": trial.delay_ms(0.99) < GOAL_ACK_P99_MS and acked_share > _LEAST_ACKED_SHARE,
        "edge_cores": round(trial.cpu_s / SECONDS, 2),
        "clients_cores": round(clients_s / SECONDS, 2),
        "clients_late_p99_ms": trial.late_ms(0.99),
        "edge_mb": {name: round(mb, 1) for name, mb in memory_mb.items()},
        "kb_per_connection": {
            "idle": round(1024 * (idle_mb - empty_mb) / count),
            "speaking": round(1024 * (speaking_mb - empty_mb) / count),
        },
    }
