"""The run file: what a running stack tells `rostrum ps`, `token` and `stream`, and the next `rostrum up`."""

import os
import tempfile
from enum import StrEnum
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

_SAME_START_S = 1.5
"""A start time read twice may differ by the clock's corrections; a reused process id differs by far more."""


class ProcessState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"  # It runs, but says that it cannot do its work now.
    WAITING = "waiting"  # It died and will be started again.
    STOPPING = "stopping"
    STOPPED = "stopped"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProcessMark(_Record):
    """One process of the system, told from a later one with the same id by when it began (Unix time, in seconds)."""

    pid: int
    created_s: float


class ProcessEntry(_Record):
    """One supervised process. `address` is where it serves, or empty; `mark` is None while it does not run."""

    name: str
    state: ProcessState
    restarts: int
    address: str
    mark: ProcessMark | None
    health_port: int | None


class Addresses(_Record):
    """Where a stack's doors are."""

    page: str
    edge: str
    edge_plain: str
    kafka: str
    languagetool: str


class RunFile(_Record):
    """A stack, as its supervisor last wrote it. `ready`: everything has been ready since the start."""

    supervisor: ProcessMark
    ready: bool
    addresses: Addresses
    processes: tuple[ProcessEntry, ...]


def run_file_path(data: Path) -> Path:
    return data / "run.json"


def write_run_file(path: Path, run: RunFile) -> None:
    """Whole or not at all: readers never see half of it."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(run.model_dump_json(indent=1))
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise


def read_run_file(path: Path) -> RunFile | None:
    """None if there is none, or if it is not one that this version can read."""
    try:
        return RunFile.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def running_stack(data: Path) -> RunFile | None:
    """The run file of this data folder if its supervisor lives."""
    run = read_run_file(run_file_path(data))
    return run if run is not None and find_process(run.supervisor) is not None else None


def mark_of(pid: int) -> ProcessMark | None:
    """None if there is no such process any more."""
    try:
        return ProcessMark(pid=pid, created_s=psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def find_process(mark: ProcessMark) -> psutil.Process | None:
    """The process with this mark, if it is still running."""
    try:
        process = psutil.Process(mark.pid)
        same = abs(process.create_time() - mark.created_s) < _SAME_START_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
