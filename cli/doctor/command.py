"""`rostrum doctor`: what is missing or unreachable, and the mend."""

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from cli.doctor.finding import Finding, State
from cli.doctor.machine import check_this_machine
from cli.doctor.services import check_services
from local.from_settings import local_settings, local_stack
from local.run_file import running_stack

_MARKS = {State.FINE: ("✓", "green"), State.NOTE: ("·", "yellow"), State.BROKEN: ("✗", "red")}


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="The stack's data folder; by default ROSTRUM_DATA.")
def doctor(data: Path | None) -> None:
    """Say what is missing or unreachable, and how to mend it. Exits 1 if anything that is needed is broken."""
    stack = local_stack(local_settings(data))
    running = running_stack(stack.data)
    console = Console(soft_wrap=True, highlight=False)
    broken = False
    for finding in (*check_this_machine(stack, running), *asyncio.run(check_services(stack, running))):
        _show(console, finding)
        broken = broken or finding.state is State.BROKEN
    sys.exit(1 if broken else 0)


def _show(console: Console, finding: Finding) -> None:
    mark, colour = _MARKS[finding.state]
    console.print(f"{mark} {finding.what + ':':<19}{finding.found}", style=colour, markup=False)
    if finding.mend:
        console.print(f"  {'':<19}{finding.mend}", markup=False)
