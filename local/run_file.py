"""The run file: what a running stack records for `rostrum ps`, `token` and `stream`, and for the next `rostrum up`."""

import os
import tempfile
from enum import StrEnum
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

_SAME_START_S = 1.5
"""Two readings of one start time may differ by a clock correction; a reused process id differs by far more."""


class ProcessState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"  # It runs, but cannot do its work now.
    WAITING = "waiting"  # It died and will be restarted.
    STOPPING = "stopping"
    STOPPED = "stopped"


class _FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProcessMark(_FrozenModel):
    """Identifies a process, even after its id has been reused."""

    pid: int
    created_s: float
    """Unix time."""


class ProcessEntry(_FrozenModel):
    """One supervised process."""

    name: str
    state: ProcessState
    restarts: int
    address: str
    """Where it serves; empty if nowhere."""
    mark: ProcessMark | None
    """None while it does not run."""
    health_port: int | None


class StackAddresses(_FrozenModel):
    """Where a stack serves."""

    page: str
    edge: str
    edge_plain: str
    """Plain WebSocket on loopback; empty if it is switched off."""
    kafka: str
    languagetool: str


class RunFile(_FrozenModel):
    """A stack, as its supervisor last wrote it."""

    supervisor: ProcessMark
    ready: bool
    """Whether all processes have been ready at least once."""
    addresses: StackAddresses
    processes: tuple[ProcessEntry, ...]


def run_file_path(data: Path) -> Path:
    return data / "run.json"


def write_run_file(path: Path, run: RunFile) -> None:
    """Written atomically: readers never see half of it."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(run.model_dump_json(indent=1))
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise


def read_run_file(path: Path) -> RunFile | None:
    """None if there is none, or if this version cannot read it."""
    try:
        return RunFile.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def running_stack(data: Path) -> RunFile | None:
    """The run file of this data folder, if its supervisor is running."""
    run = read_run_file(run_file_path(data))
    return run if run is not None and find_process(run.supervisor) is not None else None


def mark_of(pid: int) -> ProcessMark | None:
    """None if the process does not exist any more."""
    try:
        return ProcessMark(pid=pid, created_s=psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def find_process(mark: ProcessMark) -> psutil.Process | None:
    """The process with this mark, if it is running."""
    try:
        process = psutil.Process(mark.pid)
        same = abs(process.create_time() - mark.created_s) < _SAME_START_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
