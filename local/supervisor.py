"""Runs a stack of processes: in order up, kept up, in order down."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Protocol

from local.plan import START_FIRST, STOP_ORDER, Layer, ProcessPlan
from local.process import Child
from local.process import Observer as ChildObserver
from local.run_file import Addresses, ProcessMark, RunFile, run_file_path, write_run_file

AGAIN_S = 1.0
"""One Ctrl-C may arrive twice: from the terminal, and passed on by `make`."""

_TELL_OF_WAIT_EVERY_S = 10.0


class Observer(ChildObserver, Protocol):
    def waiting(self, reasons: dict[str, str]) -> None:
        """The stack is not up yet: who is not ready, and why."""
        ...

    def up(self) -> None:
        """Everything is ready, for the first time."""
        ...

    def stopping(self) -> None: ...


class Supervisor:
    """`lay_ground` is awaited once the broker is ready and before the stages are started: it creates the topics."""

    def __init__(
        self,
        plans: Sequence[ProcessPlan],
        data: Path,
        me: ProcessMark,
        addresses: Addresses,
        observer: Observer,
        lay_ground: Callable[[], Awaitable[None]],
    ) -> None:
        self._me = me
        self._addresses = addresses
        self._observer = observer
        self._lay_ground = lay_ground
        self._run_path = run_file_path(data)
        self._children = [Child(plan, data / "logs" / f"{plan.name}.log", observer, self._write) for plan in plans]
        self._ready = False
        self._stop = asyncio.Event()
        self._stop_since_s = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def request_stop(self) -> None:
        """Stop in order; asked again later than `AGAIN_S`, at once."""
        if self._stop.is_set() and time.monotonic() - self._stop_since_s > AGAIN_S:
            for child in self._children:
                child.kill()
        elif not self._stop.is_set():
            self._stop_since_s = time.monotonic()
            self._stop.set()

    async def run(self) -> None:
        """Until a stop is requested. Raises RostrumError if something cannot be mended by starting it again; everything
        is down when it does."""
        bring_up = self._begin(self._bring_up())
        await self._stop.wait()
        self._observer.stopping()
        bring_up.cancel()
        for layers, within_s in STOP_ORDER:
            await asyncio.gather(*(child.stop(within_s) for child in self._children if child.plan.layer in layers))
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _bring_up(self) -> None:
        first = [child for child in self._children if child.plan.layer in START_FIRST]
        self._start(first)
        await self._until_ready([child for child in first if child.plan.layer is Layer.BROKER])
        await self._lay_ground()
        self._start([child for child in self._children if child not in first])
        await self._until_ready(self._children)
        self._ready = True
        self._write()
        self._observer.up()

    def _start(self, children: Sequence[Child]) -> None:
        for child in children:
            self._begin(child.supervise())

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.request_stop()

    async def _until_ready(self, children: Sequence[Child]) -> None:
        told_s = time.monotonic()
        for child in children:
            while not child.ready_once.is_set():
                try:
                    await asyncio.wait_for(child.ready_once.wait(), 0.5)
                except TimeoutError:
                    if time.monotonic() - told_s >= _TELL_OF_WAIT_EVERY_S:
                        told_s = time.monotonic()
                        late = (other for other in children if not other.ready_once.is_set())
                        self._observer.waiting({other.plan.name: other.reason for other in late})

    def _write(self) -> None:
        entries = tuple(child.entry() for child in self._children)
        run = RunFile(supervisor=self._me, ready=self._ready, addresses=self._addresses, processes=entries)
        try:
            write_run_file(self._run_path, run)
        except OSError as error:
            # A full disk is no reason to stop what still runs.
            self._observer.said("rostrum", "error", f"{self._run_path} cannot be written: {error}")
