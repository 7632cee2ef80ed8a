"""One supervised process: started, probed, and restarted when it dies."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from infra.errors import RostrumError, SettingsError
from infra.lifecycle import EXIT_SETTINGS
from local import die_with_parent
from local.backoff import RestartBackoff
from local.log_file import LogFile, parse_problem
from local.plan import Launch, ProcessPlan
from local.run_file import ProcessEntry, ProcessMark, ProcessState, mark_of

_PROBE_INTERVAL_S = 0.2
_READY_PROBE_INTERVAL_S = 2.0
_CHUNK_BYTES = 64 * 1024
_OUTPUT_TIMEOUT_S = 1.0


class ProcessObserver(Protocol):
    """Is notified of what should be shown at the terminal."""

    def logged(self, name: str, level: str, text: str) -> None:
        """A process logged a warning or an error."""
        ...

    def exited(self, name: str, code: int, tail: list[str], restart_in_s: float) -> None:
        """A process ended unexpectedly; `code` is subprocess's return code, negative for a signal."""
        ...


class ManagedProcess:
    """`changed` is called whenever `entry()` would differ. Run it on the main thread: on Linux the system kills a
    process when the thread that started it ends."""

    def __init__(
        self,
        plan: ProcessPlan,
        log_path: Path,
        observer: ProcessObserver,
        changed: Callable[[], None],
        backoff: RestartBackoff | None = None,
    ) -> None:
        self.plan = plan
        self.ready_once = asyncio.Event()
        self.reason = "not started"
        self._log = LogFile(log_path)
        self._observer = observer
        self._changed = changed
        self._backoff = backoff or RestartBackoff()
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._process: asyncio.subprocess.Process | None = None
        self._state = ProcessState.STARTING
        self._mark: ProcessMark | None = None
        self._health_port: int | None = None
        self._restarts = 0

    def entry(self) -> ProcessEntry:
        return ProcessEntry(
            name=self.plan.name,
            state=self._state,
            restarts=self._restarts,
            address=self.plan.address,
            mark=self._mark,
            health_port=self._health_port,
        )

    async def supervise(self) -> None:
        """Runs until `stop`. Raises SettingsError if the process exits because of invalid settings, RostrumError if it
        cannot be started at all."""
        self._stopped.clear()
        try:
            while not self._stopping.is_set():
                began_s = time.monotonic()
                code = await self._run_once()
                if self._stopping.is_set():
                    return
                if code == EXIT_SETTINGS:
                    raise SettingsError(_last_message(self._log.tail) or f"{self.plan.name}: invalid settings.", "")
                delay_s = self._backoff.after(time.monotonic() - began_s)
                self._restarts += 1
                self._set(ProcessState.WAITING, f"ended with {code}")
                self._observer.exited(self.plan.name, code, list(self._log.tail), delay_s)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay_s)
        finally:
            self._set(ProcessState.STOPPED, "stopped")
            self._log.close()
            self._stopped.set()

    async def stop(self, within_s: float) -> None:
        """Terminate it, and kill it if it has not ended within so many seconds."""
        self._stopping.set()
        if not self._stopped.is_set():
            self._set(ProcessState.STOPPING, "stopping")
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), within_s)
            self.kill()
            await self._stopped.wait()

    def kill(self) -> None:
        """Kill it and all processes that it started."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _run_once(self) -> int:
        """Start it and wait until it ends; returns its exit status."""
        self._set(ProcessState.STARTING, "starting")
        self._log.tail.clear()
        launch = await self.plan.launch()
        if self._stopping.is_set():
            return 0
        process = self._process = await self._start(launch)
        self._mark, self._health_port = mark_of(process.pid), launch.health_port
        self._changed()
        output = asyncio.create_task(self._keep_output(process))
        watch = asyncio.create_task(self._watch(launch))
        try:
            return await process.wait()
        finally:
            watch.cancel()
            with suppress(ProcessLookupError):
                # Kills what the process started and left behind; it leads its own process group.
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait({output, watch}, timeout=_OUTPUT_TIMEOUT_S)
            output.cancel()
            self._process = self._mark = self._health_port = None

    async def _start(self, launch: Launch) -> asyncio.subprocess.Process:
        wrapper = (sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()))
        try:
            return await asyncio.create_subprocess_exec(
                *wrapper,
                *launch.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=launch.environment,
                # Ctrl-C reaches only the supervisor, which then stops the processes in order.
                start_new_session=True,
            )
        except OSError as error:
            raise RostrumError(
                f"{self.plan.name} could not be started ({error}).", "Is the machine out of memory or process ids?"
            ) from error

    async def _keep_output(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        while chunk := await process.stdout.read(_CHUNK_BYTES):
            for line in self._log.write(chunk):
                if (problem := parse_problem(line)) is not None:
                    self._observer.logged(self.plan.name, problem.level, problem.text)

    async def _watch(self, launch: Launch) -> None:
        """Keep the state in line with what the readiness probe returns."""
        while True:
            reason = await launch.probe()
            if not self._stopping.is_set():
                if reason is None:
                    self._set(ProcessState.READY, "")
                    self.ready_once.set()
                elif self._state is not ProcessState.STARTING:
                    self._set(ProcessState.UNREADY, reason)
                else:
                    self.reason = reason
            await asyncio.sleep(_READY_PROBE_INTERVAL_S if reason is None else _PROBE_INTERVAL_S)

    def _set(self, state: ProcessState, reason: str) -> None:
        self.reason = reason
        if state is not self._state:
            self._state = state
            self._changed()


def _last_message(tail: Iterable[str]) -> str:
    """The message that a stage printed before it ended; unlike its log lines, it is not a JSON object."""
    return next((line for line in reversed(list(tail)) if line and not line.startswith("{")), "")
