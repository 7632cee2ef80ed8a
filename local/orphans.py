"""Kills the processes that an earlier, killed supervisor left running."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil

from local.run_file import find_process, read_run_file, run_file_path

_EXIT_TIMEOUT_S = 5.0


def kill_orphans(data: Path) -> list[str]:
    """Kill the processes that this data folder's run file names and that still run; returns their names. Call it only
    with the folder's lock held: no other process supervises them then. On Linux the system has already killed them."""
    run = read_run_file(run_file_path(data))
    if run is None:
        return []
    found = {entry.name: find_process(entry.mark) for entry in run.processes if entry.mark is not None}
    alive = {name: process for name, process in found.items() if process is not None}
    for process in alive.values():
        with suppress(ProcessLookupError):
            # Each was started as the leader of its own process group.
            os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(list(alive.values()), timeout=_EXIT_TIMEOUT_S)
    return list(alive)
