"""A Java program for one test, which may kill and restart it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local import die_with_parent
from local.tcp_ports import LOOPBACK
from tests.support.waiting import DEADLINE_S


class JavaProgram:
    """It listens on `port` once it has started, and dies with the tests, however they end."""

    def __init__(self, command: Sequence[str], port: int, log: Path) -> None:
        self._command = [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()), *command]
        self._port = port
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it listens."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(self._command, stdout=output, stderr=output, start_new_session=True)
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((LOOPBACK, self._port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"it did not start: {self._log.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@contextmanager
def started(command: Sequence[str], port: int, log: Path) -> Iterator[JavaProgram]:
    program = JavaProgram(command, port, log)
    program.start()
    try:
        yield program
    finally:
        program.kill()
