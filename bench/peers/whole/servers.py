"""What a server must have to be measured, and how its processes are started and ended."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import psutil

from bench.peers.whole.process_usage import Groups
from bench.peers.whole.streaming_client import Speaker
from infra.errors import Unavailable

START_S = 120.0
_LOOK_EVERY_S = 0.25
_STOP_S = 15.0


class Server(Protocol):
    """`warms_up`: a short session goes before the measured ones. `drain_s`: how long a client may take after its
    audio. `measured`: the groups of processes whose processor time is the server's own; others stand beside it."""

    name: str
    warms_up: bool
    drain_s: float
    measured: Sequence[str]

    def running(self, log: Path) -> AbstractAsyncContextManager[Groups]:
        """The server while the block runs, ready for clients; its processes by group."""
        ...

    async def session(self, speaker: Speaker) -> None:
        """One client; returns when the server has said its last."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Of what was measured."""
        ...


@asynccontextmanager
async def started(
    command: Sequence[str], environment: Mapping[str, str], log: Path, is_ready: Callable[[], Awaitable[bool]]
) -> AsyncIterator[int]:
    """A program while the block runs, once it is ready; gives its process id. Ends it and its children. Raises
    Unavailable if it ends or is not ready in time."""
    process = await asyncio.to_thread(_begin, command, environment, log)
    try:
        await _until_ready(process, command[0], log, is_ready)
        yield process.pid
    finally:
        await asyncio.to_thread(_end, process)


def _begin(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)


async def _until_ready(
    process: subprocess.Popen[bytes], name: str, log: Path, is_ready: Callable[[], Awaitable[bool]]
) -> None:
    deadline_s = time.monotonic() + START_S
    while not await is_ready():
        if process.poll() is not None:
            raise Unavailable(f"{name} ended with {process.returncode}.", f"Its output is in {log}.")
        if time.monotonic() > deadline_s:
            raise Unavailable(f"{name} was not ready in {START_S:.0f} s.", f"Its output is in {log}.")
        await asyncio.sleep(_LOOK_EVERY_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    """By SIGTERM to the program we started; what is left of it and its children after a while is killed."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in psutil.wait_procs(children, timeout=1)[1]:
        child.kill()
