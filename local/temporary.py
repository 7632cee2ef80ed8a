"""A temporary stack for one piece of work: on free ports and with its own data, beside any running stack."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from infra.clickhouse.settings import ClickHouseSettings
from infra.errors import RostrumError
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from infra.languagetool import LanguageToolSettings
from infra.settings import load, variable
from local.from_settings import local_settings, local_stack
from local.run_file import ProcessState, mark_of, read_run_file, run_file_path
from local.stack import Stack
from local.supervisor import Supervisor
from local.tcp_ports import free_port

_POLL_INTERVAL_S = 0.25
_WorkT = TypeVar("_WorkT")


class Interrupted(RostrumError):
    """Stopped by a signal before the work was done."""


def temporary_stack(data: Path, settings: Mapping[str, str] | None = None) -> Stack:
    """The stack that the settings describe, but with this data folder and free ports.
    `settings`: further ones for its processes. Raises RostrumError if it would share a service with other stacks."""
    stack = local_stack(local_settings(data))
    for name, is_local in (
        (variable(KafkaSettings, "bootstrap"), stack.kafka.is_local),
        (variable(ClickHouseSettings, "url"), load(ClickHouseSettings).is_embedded),
    ):
        if not is_local:
            raise RostrumError(
                f"This starts a temporary stack, but {name} names a service that other stacks use.",
                f"Unset {name}, or use the existing stack with `rostrum stream`.",
            )
    kafka = stack.kafka.model_copy(update={"port": free_port()})
    languagetool = stack.languagetool.model_copy(update={"port": free_port()})
    own = {
        variable(KafkaSettings, "port"): str(kafka.port),
        variable(LanguageToolSettings, "port"): str(languagetool.port),
    }
    return replace(
        stack,
        environment={**stack.environment, **own, **(settings or {})},
        kafka=kafka,
        languagetool=languagetool,
        listeners=tuple(replace(each, port=0 if each.marker.zero_is_off else free_port()) for each in stack.listeners),
    )


async def run_with_stack(stack: Stack, console: Console, work: Callable[[], Awaitable[_WorkT]]) -> _WorkT:
    """Start the stack, do the work, and stop the stack in every case. Raises Interrupted after Ctrl-C, and whatever the
    work or the supervisor raises."""
    me = mark_of(os.getpid())
    assert me is not None  # noqa: S101 - this process is running
    up = asyncio.Event()
    supervisor = Supervisor(
        stack.plans(), stack.data, me, stack.addresses, ConsoleObserver(console, up), partial(_create_topics, stack)
    )

    async def once_up() -> _WorkT:
        await show_progress(stack, console, up)
        return await work()

    supervising = asyncio.create_task(supervisor.run())
    working = asyncio.create_task(once_up())

    def interrupt() -> None:
        working.cancel()
        supervisor.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    try:
        await asyncio.wait({supervising, working}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        await asyncio.wait({working})
        if not supervising.done():
            supervisor.request_stop()
        await supervising
    if working.cancelled():
        raise Interrupted("Stopped before it was done.", "")
    return working.result()


async def _create_topics(stack: Stack) -> None:
    await create_topics(stack.kafka)


async def show_progress(stack: Stack, console: Console, up: asyncio.Event) -> None:
    """Print each process as it becomes ready, until all are."""
    shown: set[str] = set()
    path = run_file_path(stack.data)
    with console.status("Starting the stack"):
        while True:
            is_up = up.is_set()  # Checked before the file is read, so that the last reading shows all processes.
            run = read_run_file(path)
            for entry in run.processes if run else ():
                if entry.state is ProcessState.READY and entry.name not in shown:
                    shown.add(entry.name)
                    console.print(f"  {entry.name} is ready", style="dim")
            if is_up:
                return
            await asyncio.sleep(_POLL_INTERVAL_S)


class ConsoleObserver:
    """Shows exits; what the processes log stays in their log files."""

    def __init__(self, console: Console, up: asyncio.Event) -> None:
        self._console = console
        self._up = up

    def up(self) -> None:
        self._up.set()

    def waiting(self, reasons: dict[str, str]) -> None:
        late = "; ".join(f"{name} ({reason})" for name, reason in reasons.items())
        self._console.print(f"  still waiting for {late}", style="dim", markup=False)

    def logged(self, name: str, level: str, text: str) -> None:
        """Not shown: the log files' folder is printed if the work fails."""

    def exited(self, name: str, code: int, tail: list[str], restart_in_s: float) -> None:
        self._console.print(f"  {name} ended ({code}); starting it again in {restart_in_s:g} s", style="red")
        for line in tail[-3:]:
            self._console.print(f"    {line}", style="dim", markup=False)

    def stopping(self) -> None:
        """Not shown: the caller announces it."""
