"""The edge's benchmarks, one after the other on one broker: `python -m bench edge`."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from bench.edge import cores, limit, picture, scale, storm
from bench.edge.ground import laid
from bench.machine import describe


def run(output: Path, repeats: int) -> None:
    """Measure, write `output` and a picture beside it, and say what came out."""
    console = Console(highlight=False, soft_wrap=True)

    def told(what: str) -> None:
        console.print(f"  {what}")

    load_before = round(os.getloadavg()[0], 1)
    with cores.beside(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(_measure(repeats, told))
    report = {
        "machine": describe(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": cores.describe(),
        # What other programs did at the time: on a machine at rest about 0.
        "load_average_before": load_before,
        "rounds": repeats,
        **results,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    output.with_suffix(".svg").write_text(picture.drawn(results), encoding="utf-8")
    console.print_json(data=results)
    console.print(f"written to {output}")


async def _measure(repeats: int, told: Callable[[str], None]) -> dict[str, Any]:
    async with laid() as ground:
        turns = await limit.measure(ground, repeats, told)
        return {
            "limit": limit.cost(turns),
            "delay": limit.delay(turns),
            "scale": await scale.measure(ground, told),
            "storm": await storm.measure(ground, max(1, repeats // 2), told),
        }
