"""Which core each program runs on: the measured program has one for itself, everything else shares the others."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

# Before anything was pinned. Pinning works on Linux alone.
_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
_PINNED = len(_CORES) > 1 and shutil.which("taskset") is not None

MEASURED: Sequence[str] = ("taskset", "--cpu-list", str(_CORES[0])) if _PINNED else ()
"""Put before a command: the program runs on the first core alone."""
OTHERS: Sequence[str] = ("taskset", "--cpu-list", ",".join(map(str, _CORES[1:]))) if _PINNED else ()
"""Put before a command: the program runs on any core but the first."""


@contextmanager
def clients_on_other_cores() -> Iterator[None]:
    """This program, which plays the clients, keeps off the first core during the block."""
    if not _PINNED:
        yield
        return
    os.sched_setaffinity(0, _CORES[1:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, _CORES)


def move_to_other_cores(pid: int) -> None:
    """Move a running program off the first core, with all its threads."""
    if _PINNED:
        for thread in psutil.Process(pid).threads():
            os.sched_setaffinity(thread.id, _CORES[1:])


def describe_pinning() -> str:
    """For the results."""
    if not _PINNED:
        return "not pinned"
    return f"measured program on core {_CORES[0]}; clients, broker and all else on {', '.join(map(str, _CORES[1:]))}"
