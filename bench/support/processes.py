"""Programs that a benchmark starts and ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from infra.errors import Unavailable
from local import die_with_parent
from local.tcp_ports import LOOPBACK

START_S = 120.0
_POLL_S = 0.25
_STOP_S = 15.0


@asynccontextmanager
async def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path, is_ready: Callable[[], Awaitable[bool]]
) -> AsyncIterator[int]:
    """Gives the program's process id once it is ready, and ends it and its children after the block. Raises Unavailable
    if it exits, or is not ready in time."""
    process = _start(command, environment, log)
    try:
        await _until_ready(process, command[0], log, is_ready)
        yield process.pid
    finally:
        await asyncio.to_thread(_stop, process)


def dying_with_us(command: Sequence[str]) -> list[str]:
    """The command of a program that is killed when this process is."""
    return [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()), *command]


async def listens(port: int) -> bool:
    """Whether a program accepts connections on this port."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.transport.abort()
    return True


def _start(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
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
            raise Unavailable(f"{name} was not ready after {START_S:.0f} s.", f"Its output is in {log}.")
        await asyncio.sleep(_POLL_S)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """By SIGTERM to the program itself. What is left of it and its children after a while is killed."""
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
