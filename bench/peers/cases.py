"""The two comparisons with other servers: whole servers, and their doors, with models that answer at once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import uvloop
from rich.console import Console

from bench.edge import cpu_pinning
from bench.edge.testbed import edge_testbed
from bench.peers import charts, table
from bench.peers.contender import Contender
from bench.peers.door import contenders as doors
from bench.peers.door import measurement
from bench.peers.run import compare
from bench.peers.whole import contenders as wholes
from bench.peers.whole import figures
from bench.result_files import conditions
from bench.workload import Workload
from infra.errors import SettingsError

CaseName = Literal["whole", "door"]
CASES: Sequence[CaseName] = get_args(CaseName)
_TABLE_WIDTH = 140


def compare_whole(
    output: Path,
    workload: Workload,
    *,
    counts: Sequence[int] = wholes.COUNTS,
    servers: Sequence[str] = (),
    stream_s: float = wholes.STREAM_S,
    minutes: float = 60.0,
) -> None:
    """Measure, print a table, write `output` and its picture. `servers`: by name; all that are installed if empty."""
    measured = {
        **workload.conditions(),
        "word_times": workload.speech.word_times,
        "stream_s": stream_s,
        "passed_if": figures.PASSED_IF,
    }

    async def run() -> dict[str, Any]:
        contenders = _chosen(wholes.whole_servers(workload, stream_s), servers)
        return await compare(
            contenders,
            counts,
            repeats=1,
            minutes=minutes,
            conditions=measured,
            output=output,
            picture=charts.whole_picture,
        )

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        _show("Whole servers", table.whole_rows(runner.run(run())))


def compare_doors(
    output: Path,
    *,
    counts: Sequence[int] = doors.COUNTS,
    servers: Sequence[str] = (),
    repeats: int = doors.REPEATS,
    minutes: float = 15.0,
) -> None:
    """As `compare_whole`. The edge is measured alone if no peer is installed."""
    measured = {
        **conditions(doors.MODEL, doors.SPEECH),
        "cores": cpu_pinning.describe_pinning(),
        "passed_if": measurement.PASSED_IF,
    }

    async def run() -> dict[str, Any]:
        async with edge_testbed() as testbed:
            contenders = _chosen(doors.door_servers(testbed), servers)
            return await compare(
                contenders,
                counts,
                repeats=repeats,
                minutes=minutes,
                conditions=measured,
                output=output,
                picture=charts.door_picture,
            )

    with cpu_pinning.clients_on_other_cores(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        _show("Doors", table.door_rows(runner.run(run())))


def table_of(name: CaseName, result: dict[str, Any]) -> str:
    """In Markdown."""
    return table.markdown(table.whole_rows(result) if name == "whole" else table.door_rows(result))


def _chosen(contenders: Sequence[Contender], servers: Sequence[str]) -> list[Contender]:
    known = list(dict.fromkeys(contender.server for contender in contenders))
    if unknown := [name for name in servers if name not in known]:
        raise SettingsError(
            f"{', '.join(unknown)}: not among {', '.join(known)}.", "`--install` makes the peers' environments."
        )
    return [contender for contender in contenders if not servers or contender.server in servers]


def _show(title: str, lines: Sequence[Sequence[str]]) -> None:
    console = Console()
    Console(width=max(console.width, _TABLE_WIDTH)).print(table.terminal(title, lines))
