"""What an earlier, killed supervisor may have left running."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil

from local.run_file import find_process, read_run_file, run_file_path

_GONE_WITHIN_S = 5.0


def end_leftovers(data: Path) -> list[str]:
    """Kill the processes that the run file of this data folder names and that still run; gives their names. Only for
    who holds the folder's lock: nobody supervises them then. On Linux the system has done it already."""
    run = read_run_file(run_file_path(data))
    if run is None:
        return []
    found = {entry.name: find_process(entry.mark) for entry in run.processes if entry.mark is not None}
    alive = {name: process for name, process in found.items() if process is not None}
    for process in alive.values():
        with suppress(ProcessLookupError):
            # Each was started as the leader of a group of its own.
            os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(list(alive.values()), timeout=_GONE_WITHIN_S)
    return list(alive)
