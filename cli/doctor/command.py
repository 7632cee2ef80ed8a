"""`rostrum doctor`: checks what Rostrum needs, and says how to fix what is missing or unreachable."""

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from cli.doctor.check_result import CheckResult, CheckStatus
from cli.doctor.machine import check_this_machine
from cli.doctor.services import check_services
from local.from_settings import local_settings, local_stack
from local.run_file import running_stack

_MARKS = {
    CheckStatus.OK: ("✓", "green"),
    CheckStatus.NOTE: ("·", "yellow"),
    CheckStatus.FAILED: ("✗", "red"),
}


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="The stack's data folder; by default ROSTRUM_DATA.")
def doctor(data: Path | None) -> None:
    """Check what Rostrum needs, and say how to fix what is missing or unreachable.

    Exits with 1 if anything that is needed is missing.
    """
    stack = local_stack(local_settings(data))
    running = running_stack(stack.data)
    console = Console(soft_wrap=True, highlight=False)
    failed = False
    for result in (*check_this_machine(stack, running), *asyncio.run(check_services(stack, running))):
        _show(console, result)
        failed = failed or result.status is CheckStatus.FAILED
    sys.exit(1 if failed else 0)


def _show(console: Console, result: CheckResult) -> None:
    mark, colour = _MARKS[result.status]
    console.print(f"{mark} {result.subject + ':':<19}{result.found}", style=colour, markup=False)
    if result.hint:
        console.print(f"  {'':<19}{result.hint}", markup=False)
