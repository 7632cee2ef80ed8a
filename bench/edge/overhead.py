"""The edge's cost and delay over those of its libraries: the edge in alternation with bare websockets receiving and
bare aiokafka producing, with the same sessions at the same rate, each alone on its core.

The edge is measured twice: with frames and their acks alone, which is what the bare programs do, and also with a
partial per second for each session, which is read from Kafka and sent on."""

from collections.abc import Callable
from typing import Any

from bench.edge.testbed import EdgeTestbed
from bench.edge.trials import (
    Trial,
    trial_of_bare_producer,
    trial_of_bare_websockets,
    trial_of_server,
)
from bench.rounds import median_and_range
from local.tcp_ports import free_port

CLIENTS = 250
"""Half of what one core should serve."""
SECONDS = 8.0
GOAL_CPU_RATIO = 1.35
GOAL_DELAY_RATIO = 1.5
ACKS_ONLY, WITH_PARTIALS = "edge", "edge with partials"


async def measure(
    testbed: EdgeTestbed, rounds: int, clients: int, progress: Callable[[str], None]
) -> dict[str, list[Trial]]:
    """Trials by program, which alternate, so that other load on the machine affects all of them."""
    trials: dict[str, list[Trial]] = {name: [] for name in (ACKS_ONLY, WITH_PARTIALS, "websockets", "aiokafka")}
    port = free_port()
    address = testbed.address(port)
    async with testbed.edge(port) as pid:
        for number in range(rounds):
            progress(f"edge, bare websockets and bare aiokafka, {clients} sessions, round {number + 1} of {rounds}")
            trials[ACKS_ONLY].append(await trial_of_server(pid, address, clients, SECONDS))
            async with testbed.stub_transcriber():
                trials[WITH_PARTIALS].append(await trial_of_server(pid, address, clients, SECONDS))
            trials["websockets"].append(await trial_of_bare_websockets(testbed, clients, SECONDS))
            trials["aiokafka"].append(await trial_of_bare_producer(testbed, clients, SECONDS))
    return trials


def cpu_cost(trials: dict[str, list[Trial]], clients: int) -> dict[str, Any]:
    """CPU time per frame, and the ratios of the rounds."""
    cost_us = {name: [trial.cpu_us_per_frame for trial in several] for name, several in trials.items()}
    bare_us = [sum(both) for both in zip(cost_us["websockets"], cost_us["aiokafka"], strict=True)]
    ratios = {
        name: [us / bare for us, bare in zip(cost_us[name], bare_us, strict=True)]
        for name in (ACKS_ONLY, WITH_PARTIALS)
    }
    return {
        "sessions": clients,
        "frames_per_s": 4 * clients,
        "cpu_us_per_frame": {name: median_and_range(values) for name, values in cost_us.items()},
        "ratio": {name: median_and_range(values, 3) for name, values in ratios.items()},
        "goal_ratio": GOAL_CPU_RATIO,
    }


def delay(trials: dict[str, list[Trial]], clients: int) -> dict[str, Any]:
    """From a frame's sending to its ack, with partials, and from producing to Kafka's response; ratios of the
    rounds."""
    shares = {"p50": 0.5, "p99": 0.99}
    figures: dict[str, Any] = {"sessions": clients, "frames_per_s": 4 * clients}
    for name, key in ((WITH_PARTIALS, "frame_to_ack_ms"), ("aiokafka", "produce_ms"), ("websockets", "bare_ack_ms")):
        figures[key] = {
            label: median_and_range([trial.delay_ms(share) for trial in trials[name]])
            for label, share in shares.items()
        }
    figures["ratio"] = {
        label: median_and_range(
            [
                edge.delay_ms(share) / bare.delay_ms(share)
                for edge, bare in zip(trials[WITH_PARTIALS], trials["aiokafka"], strict=True)
            ],
            3,
        )
        for label, share in shares.items()
    }
    figures["clients_late_p99_ms"] = median_and_range([trial.late_ms(0.99) for trial in trials[WITH_PARTIALS]])
    figures["goal_ratio"] = GOAL_DELAY_RATIO
    return figures
