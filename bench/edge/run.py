"""The edge's benchmarks, one after the other on one broker.

python -m bench.edge.run [--repeats N]"""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from bench.edge import capacity, charts, cpu_pinning, overhead, reconnect_storm
from bench.edge.testbed import MODEL, SPEECH, edge_testbed
from bench.result_files import RESULTS, conditions, save

OUTPUT = RESULTS / "edge.json"
REPEATS = 2


@dataclass(frozen=True)
class EdgeLoad:
    """How many clients each benchmark has."""

    overhead: int = overhead.CLIENTS
    capacity: Sequence[int] = capacity.COUNTS
    reconnect_storm: int = reconnect_storm.CLIENTS


def run(output: Path, repeats: int = REPEATS, load: EdgeLoad | None = None) -> None:
    """Measure, print the figures, write `output` and its picture."""
    console = Console(highlight=False, soft_wrap=True)

    def progress(text: str) -> None:
        console.print(f"  {text}")

    measured = conditions(MODEL, SPEECH)
    with cpu_pinning.clients_on_other_cores(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(_measure(repeats, load or EdgeLoad(), progress))
    console.print_json(data=figures)
    result = {**measured, "cores": cpu_pinning.describe_pinning(), "rounds": repeats, **figures}
    save(output, result, charts.picture(result))


async def _measure(repeats: int, load: EdgeLoad, progress: Callable[[str], None]) -> dict[str, Any]:
    async with edge_testbed() as testbed:
        trials = await overhead.measure(testbed, repeats, load.overhead, progress)
        return {
            "cpu_cost": overhead.cpu_cost(trials, load.overhead),
            "delay": overhead.delay(trials, load.overhead),
            "capacity": await capacity.measure(testbed, load.capacity, progress),
            "reconnect_storm": await reconnect_storm.measure(
                testbed, max(1, repeats // 2), load.reconnect_storm, progress
            ),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="rounds")
    parser.add_argument("--clients", type=int, help="in each benchmark, instead of its own number")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()
    clients = given.clients
    run(given.output, given.repeats, EdgeLoad(clients, (clients,), clients) if clients else None)


if __name__ == "__main__":
    main()
