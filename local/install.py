"""Installs the local Java programs and shows the progress."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from local.jars import Program, install, installed

_LINE_EVERY = 20


def install_programs(programs: Sequence[Program], cache: Path) -> None:
    """Shows nothing for programs that are already installed. Raises RostrumError if a download fails."""
    missing = [program for program in programs if not installed(program, cache)]
    if not missing:
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        for program in missing:
            install(program, cache, partial(_line, program.title))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("jars"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        for program in missing:
            task = progress.add_task(f"Downloading {program.title}", total=None)
            install(program, cache, partial(_advance, progress, task))


def _advance(progress: Progress, task: TaskID, done: int, total: int) -> None:
    progress.update(task, completed=done, total=total)


def _line(title: str, done: int, total: int) -> None:
    if done % _LINE_EVERY == 0 or done == total:
        print(f"Downloading {title}: {done} of {total} jars", file=sys.stderr, flush=True)  # noqa: T201 - for the terminal
