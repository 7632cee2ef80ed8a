"""The edge beside the doors of WhisperLive and WhisperLiveKit, whose models answer at once.

    python -m bench edge-peers [--repeats ROUNDS]

Each server has one core for itself, its clients share the other one with Rostrum's broker; the same clients send the
same audio to each in turn. First so many clients that all hold them, in rounds, for what they take of processor time
and memory; then more and more, until a server falls behind. With `python -m bench.peers --install` the peers are there;
without them the edge is measured alone."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from bench.edge import cpu_pinning
from bench.edge.testbed import Ground, laid
from bench.peers.door import charts, figures
from bench.peers.door.cases import Case, cases, versions
from bench.peers.door.measurement import Seen
from bench.peers.door.sampling import watched
from bench.result_files import circumstances, save
from infra.errors import Unavailable

CLIENTS = 100
SECONDS = 6.0
COUNTS = (200, 300, 400, 600, 800)
STEP_SECONDS = 4.0


def run(output: Path, rounds: int) -> None:
    """Measure, write `output` and a picture beside it, and print the table of the README."""
    console = Console(highlight=False, soft_wrap=True)

    def told(what: str) -> None:
        console.print(f"  {what}")

    found = circumstances()
    with cpu_pinning.beside(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(_measure(cases(), rounds, told))
    report = {
        **found,
        "cores": cpu_pinning.describe(),
        "rounds": rounds,
        "versions": dict(versions()),
        "held_if": figures.HELD_IF,
        "rows": rows,
    }
    console.print(figures.markdown(report))
    save(output, report, charts.panels(report))


async def _measure(there: Sequence[Case], rounds: int, told: Callable[[str], None]) -> list[dict[str, Any]]:
    """A row for each case."""
    turns: Mapping[Case, list[Seen]] = {case: [] for case in there}
    async with laid() as ground:
        for number in range(rounds):
            for case in there:
                told(f"{case.server}, {case.sent}: {CLIENTS} clients, round {number + 1} of {rounds}")
                async with case.running(ground) as (pid, manner):
                    turns[case].append(await watched(pid, manner, CLIENTS, SECONDS))
        steps = {case: await _ladder(ground, case, told) for case in there if case.climbs}
    return [figures.row(case.server, case.sent, turns[case], steps.get(case, ())) for case in there]


async def _ladder(ground: Ground, case: Case, told: Callable[[str], None]) -> list[dict[str, Any]]:
    """Up to the first count that is not held."""
    steps: list[dict[str, Any]] = []
    async with case.running(ground) as (pid, manner):
        for count in COUNTS:
            told(f"{case.server}, {case.sent}: {count} clients")
            try:
                steps.append((await watched(pid, manner, count, STEP_SECONDS)).figures())
            except Unavailable as error:
                steps.append({"clients": count, "held": False, "failed": str(error)})
            if not steps[-1]["held"]:
                break
    return steps
