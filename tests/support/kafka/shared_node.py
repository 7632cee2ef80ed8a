"""Apache Kafka for tests: one node per run, on a free port and in its own folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from local import die_with_parent
from local.jars import KAFKA, install
from local.kafka_node import prepare
from local.tcp_ports import LOOPBACK, free_port
from tests.support.waiting import DEADLINE_S

_STOP_S = 10


@contextmanager
def kafka_running(folder: Path, cache: Path) -> Iterator[int]:
    """Runs a node while the block runs; yields its port."""
    port = free_port()
    command = prepare(folder, install(KAFKA, cache), port)
    wrapper = [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())]
    log = folder / "kafka.log"
    with log.open("wb") as output:
        process = subprocess.Popen([*wrapper, *command], stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_for(port, process, log)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Kafka did not start; its log says: {log.read_text(errors='replace')[-2000:]}")


def listener_on(port: int) -> psutil.Process:
    """The process that listens on a port, among those that this test run has started."""
    for process in psutil.Process().children(recursive=True):
        if any(at.status == psutil.CONN_LISTEN and at.laddr.port == port for at in process.net_connections("tcp")):
            return process
    raise LookupError(f"nobody listens on {port}")
