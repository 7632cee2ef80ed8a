"""The edge's benchmarks, one after the other on one broker: `python -m bench edge`."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from bench.edge import capacity, charts, cpu_pinning, overhead, reconnect_storm
from bench.edge.testbed import laid
from bench.result_files import circumstances, save


def run(output: Path, repeats: int) -> None:
    """Measure, write `output` and a picture beside it, and say what came out."""
    console = Console(highlight=False, soft_wrap=True)

    def told(what: str) -> None:
        console.print(f"  {what}")

    found = circumstances()
    with cpu_pinning.beside(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(_measure(repeats, told))
    console.print_json(data=results)
    save(output, {**found, "cores": cpu_pinning.describe(), "rounds": repeats, **results}, charts.panels(results))


async def _measure(repeats: int, told: Callable[[str], None]) -> dict[str, Any]:
    async with laid() as ground:
        turns = await overhead.measure(ground, repeats, told)
        return {
            "limit": overhead.cost(turns),
            "delay": overhead.delay(turns),
            "scale": await capacity.measure(ground, told),
            "storm": await reconnect_storm.measure(ground, max(1, repeats // 2), told),
        }
