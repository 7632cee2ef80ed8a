"""Runs a stack of processes: starts them in order, restarts those that die, stops them in order.

Not circus or honcho: this one waits for readiness between the layers, and its processes never outlive it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Protocol

from local.plan import START_FIRST, STOP_ORDER, Layer, ProcessPlan
from local.process import ManagedProcess, ProcessObserver
from local.run_file import ProcessMark, RunFile, StackAddresses, run_file_path, write_run_file

STOP_REPEAT_S = 1.0
"""A second stop request counts only after this time: one Ctrl-C may arrive twice, from the terminal and from `make`."""

_WAIT_REPORT_INTERVAL_S = 10.0


class StackObserver(ProcessObserver, Protocol):
    def waiting(self, reasons: dict[str, str]) -> None:
        """The stack is not up yet: the processes that are not ready, and why."""
        ...

    def up(self) -> None:
        """All processes are ready, for the first time."""
        ...

    def stopping(self) -> None: ...


class Supervisor:
    """`on_broker_ready` is awaited between the start of the broker and that of the stages: it creates the topics."""

    def __init__(
        self,
        plans: Sequence[ProcessPlan],
        data: Path,
        me: ProcessMark,
        addresses: StackAddresses,
        observer: StackObserver,
        on_broker_ready: Callable[[], Awaitable[None]],
    ) -> None:
        self._me = me
        self._addresses = addresses
        self._observer = observer
        self._on_broker_ready = on_broker_ready
        self._run_path = run_file_path(data)
        self._processes = [
            ManagedProcess(plan, data / "logs" / f"{plan.name}.log", observer, self._write) for plan in plans
        ]
        self._ready = False
        self._stop = asyncio.Event()
        self._stop_since_s = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def request_stop(self) -> None:
        """Stop in order; a second request more than `STOP_REPEAT_S` later kills everything at once."""
        if self._stop.is_set() and time.monotonic() - self._stop_since_s > STOP_REPEAT_S:
            for process in self._processes:
                process.kill()
        elif not self._stop.is_set():
            self._stop_since_s = time.monotonic()
            self._stop.set()

    async def run(self) -> None:
        """Runs until a stop is requested. Raises RostrumError for a failure that no restart can fix; all processes have
        ended when it does."""
        bring_up = self._begin(self._bring_up())
        await self._stop.wait()
        self._observer.stopping()
        bring_up.cancel()
        for layers, within_s in STOP_ORDER:
            await asyncio.gather(
                *(process.stop(within_s) for process in self._processes if process.plan.layer in layers)
            )
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _bring_up(self) -> None:
        first = [process for process in self._processes if process.plan.layer in START_FIRST]
        self._start(first)
        await self._until_ready([process for process in first if process.plan.layer is Layer.BROKER])
        await self._on_broker_ready()
        self._start([process for process in self._processes if process not in first])
        await self._until_ready(self._processes)
        self._ready = True
        self._write()
        self._observer.up()

    def _start(self, processes: Sequence[ManagedProcess]) -> None:
        for process in processes:
            self._begin(process.supervise())

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.request_stop()

    async def _until_ready(self, processes: Sequence[ManagedProcess]) -> None:
        reported_s = time.monotonic()
        for process in processes:
            while not process.ready_once.is_set():
                try:
                    await asyncio.wait_for(process.ready_once.wait(), 0.5)
                except TimeoutError:
                    if time.monotonic() - reported_s >= _WAIT_REPORT_INTERVAL_S:
                        reported_s = time.monotonic()
                        late = (other for other in processes if not other.ready_once.is_set())
                        self._observer.waiting({other.plan.name: other.reason for other in late})

    def _write(self) -> None:
        entries = tuple(process.entry() for process in self._processes)
        run = RunFile(supervisor=self._me, ready=self._ready, addresses=self._addresses, processes=entries)
        try:
            write_run_file(self._run_path, run)
        except OSError as error:
            # A full disk is not a reason to stop running processes.
            self._observer.logged("rostrum", "error", f"{self._run_path} cannot be written: {error}")
