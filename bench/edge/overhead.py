"""Against the limit, and against Kafka's own delay: the edge in turn with bare websockets receiving and bare aiokafka
producing, the same sessions at the same pace, each alone on its core.

The edge comes twice: with frames and their acks alone, which is what the bare ones do, and with a partial a second for
each session besides, which is read from Kafka and sent on."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from bench.edge.testbed import Ground
from bench.edge.trials import Turn, address, producing_bare, receiving_bare, serving
from local.tcp_ports import free_port

CLIENTS = 250
"""Half of what one core is to hold."""
SECONDS = 8.0
GOAL_CPU = 1.35
GOAL_DELAY = 1.5
SILENT, ANSWERED = "edge", "edge with partials"


async def measure(ground: Ground, rounds: int, told: Callable[[str], None]) -> dict[str, list[Turn]]:
    """Turns by program, one of each after the other, so that what else the machine does falls on all of them."""
    turns: dict[str, list[Turn]] = {name: [] for name in (SILENT, ANSWERED, "websockets", "aiokafka")}
    port = free_port()
    async with ground.edge(port) as pid:
        for number in range(rounds):
            told(f"edge, bare websockets and bare aiokafka, {CLIENTS} sessions, round {number + 1} of {rounds}")
            turns[SILENT].append(await serving(pid, address(ground, port), CLIENTS, SECONDS))
            async with ground.stand_in():
                turns[ANSWERED].append(await serving(pid, address(ground, port), CLIENTS, SECONDS))
            turns["websockets"].append(await receiving_bare(ground, CLIENTS, SECONDS))
            turns["aiokafka"].append(await producing_bare(ground, CLIENTS, SECONDS))
    return turns


def cost(turns: dict[str, list[Turn]]) -> dict[str, Any]:
    """Processor time per frame, in microseconds, and the ratio of each round."""
    taken = {name: [turn.cpu_us_per_frame for turn in several] for name, several in turns.items()}
    bare = [sum(both) for both in zip(taken["websockets"], taken["aiokafka"], strict=True)]
    ratios = {name: [us / limit for us, limit in zip(taken[name], bare, strict=True)] for name in (SILENT, ANSWERED)}
    return {
        "sessions": CLIENTS,
        "frames_per_s": 4 * CLIENTS,
        "cpu_us_per_frame": {name: spread(values) for name, values in taken.items()},
        "ratio": {name: spread(values, 3) for name, values in ratios.items()},
        "goal": GOAL_CPU,
    }


def delay(turns: dict[str, list[Turn]]) -> dict[str, Any]:
    """From a frame's sending to its ack, with partials, and from producing to Kafka's answer, in milliseconds; ratios
    of each round."""
    shares = {"p50": 0.5, "p99": 0.99}
    figures: dict[str, Any] = {"sessions": CLIENTS, "frames_per_s": 4 * CLIENTS}
    for name, key in ((ANSWERED, "frame_to_ack_ms"), ("aiokafka", "produce_ms"), ("websockets", "bare_echo_ms")):
        figures[key] = {
            label: spread([turn.delay_ms(share) for turn in turns[name]]) for label, share in shares.items()
        }
    figures["ratio"] = {
        label: spread(
            [
                edge.delay_ms(share) / bare.delay_ms(share)
                for edge, bare in zip(turns[ANSWERED], turns["aiokafka"], strict=True)
            ],
            3,
        )
        for label, share in shares.items()
    }
    figures["clients_late_p99_ms"] = spread([turn.late_ms(0.99) for turn in turns[ANSWERED]])
    figures["goal"] = GOAL_DELAY
    return figures


def spread(values: Sequence[float], digits: int = 1) -> dict[str, Any]:
    """Median, least and greatest."""
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "greatest": round(max(values), digits),
    }
