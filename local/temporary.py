"""A stack for one piece of work: on free ports, with data of its own, beside any that runs already."""

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
from infra.kafka.topics import create_topics
from infra.samples import WHISPER_MICRO
from infra.settings import load
from local.from_settings import local_settings, local_stack
from local.run_file import ProcessState, mark_of, read_run_file, run_file_path
from local.stack import Stack
from local.supervisor import Supervisor
from local.tcp_ports import free_port

_LOOK_EVERY_S = 0.25
_WorkT = TypeVar("_WorkT")


class Interrupted(RostrumError):
    """Somebody asked to stop before the work was done."""


def own_stack(data: Path, settings: Mapping[str, str] | None = None) -> Stack:
    """The stack that the settings describe, but with this data folder, free ports, and whisper-micro as its recogniser.
    `settings` are further ones for its processes. Raises RostrumError if it could not be apart from another."""
    stack = local_stack(local_settings(data))
    for name, is_own in (
        ("KAFKA_BOOTSTRAP", stack.kafka.is_local),
        ("CLICKHOUSE_URL", load(ClickHouseSettings).is_embedded),
    ):
        if not is_own:
            raise RostrumError(
                f"This brings up a stack of its own, but {name} names one that others use.",
                f"Unset {name}, or use that stack by `rostrum stream`.",
            )
    kafka = stack.kafka.model_copy(update={"port": free_port()})
    languagetool = stack.languagetool.model_copy(update={"port": free_port()})
    edge_port, analytics_port = free_port(), free_port()
    own = {
        "KAFKA_PORT": str(kafka.port),
        "LANGUAGETOOL_PORT": str(languagetool.port),
        "TRANSCRIBE_MODEL": str(WHISPER_MICRO),
    }
    return replace(
        stack,
        environment={**stack.environment, **own, **(settings or {})},
        kafka=kafka,
        languagetool=languagetool,
        edge_port=edge_port,
        edge_plain_port=0,
        analytics_port=analytics_port,
    )


async def with_stack(stack: Stack, console: Console, work: Callable[[], Awaitable[_WorkT]]) -> _WorkT:
    """Bring the stack up, do the work, and bring the stack down, whatever happens. Raises Interrupted after Ctrl-C, and
    what the work or the supervisor raises."""
    me = mark_of(os.getpid())
    assert me is not None  # noqa: S101 - this process is running
    up = asyncio.Event()
    supervisor = Supervisor(
        stack.plans(), stack.data, me, stack.addresses, Watcher(console, up), partial(_lay_ground, stack)
    )

    async def once_up() -> _WorkT:
        await show_start(stack, console, up)
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


async def _lay_ground(stack: Stack) -> None:
    await create_topics(stack.kafka)


async def show_start(stack: Stack, console: Console, up: asyncio.Event) -> None:
    """Name each process as it becomes ready, until all are."""
    shown: set[str] = set()
    path = run_file_path(stack.data)
    with console.status("Starting the stack"):
        while True:
            is_up = up.is_set()  # asked before the file is read: what it says then is the last word
            run = read_run_file(path)
            for entry in run.processes if run else ():
                if entry.state is ProcessState.READY and entry.name not in shown:
                    shown.add(entry.name)
                    console.print(f"  {entry.name} is ready", style="dim")
            if is_up:
                return
            await asyncio.sleep(_LOOK_EVERY_S)


class Watcher:
    """The supervisor's observer: deaths are told, what the processes log stays in the logs."""

    def __init__(self, console: Console, up: asyncio.Event) -> None:
        self._console = console
        self._up = up

    def up(self) -> None:
        self._up.set()

    def waiting(self, reasons: dict[str, str]) -> None:
        late = "; ".join(f"{name} ({reason})" for name, reason in reasons.items())
        self._console.print(f"  still waiting for {late}", style="dim", markup=False)

    def said(self, name: str, level: str, text: str) -> None:
        """In the logs, whose place is told if the work fails."""

    def died(self, name: str, code: int, tail: list[str], again_in_s: float) -> None:
        self._console.print(f"  {name} ended ({code}); starting it again in {again_in_s:g} s", style="red")
        for line in tail[-3:]:
            self._console.print(f"    {line}", style="dim", markup=False)

    def stopping(self) -> None:
        """Told by whoever asked for it."""
