"""Checked before any process is started: the data folder is not in use, and the ports are free."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.errors import RostrumError
from infra.file_lock import Locked, file_lock
from local.plan import RequiredPort
from local.run_file import read_run_file, run_file_path
from local.tcp_ports import is_taken


@contextmanager
def lock_data_folder(data: Path) -> Iterator[None]:
    """Hold the folder's lock while the block runs. Raises RostrumError if another stack uses the folder, or if it
    cannot be created."""
    with ExitStack() as stack:
        try:
            data.mkdir(parents=True, exist_ok=True)
            stack.enter_context(file_lock(data / "lock", wait=False))
        except Locked:
            run = read_run_file(run_file_path(data))
            by = f" by process {run.supervisor.pid}" if run else ""
            raise RostrumError(
                f"The data folder {data} is in use{by}.",
                "Stop that stack with Ctrl-C, or set ROSTRUM_DATA (and the ports) for a second one.",
            ) from None
        except OSError as error:
            raise RostrumError(
                f"The data folder {data} cannot be used ({error}).", "Set ROSTRUM_DATA to a folder you may write to."
            ) from error
        yield


def check_ports_free(required: Sequence[RequiredPort]) -> None:
    """Raises RostrumError, which names each port that is taken or set twice, and the setting that changes it."""
    faults = []
    by_port: dict[int, RequiredPort] = {}
    for each in required:
        if (other := by_port.setdefault(each.port, each)) is not each:
            faults.append(f"{each.setting} and {other.setting} both name port {each.port}")
        elif is_taken(each.port, each.host):
            faults.append(f"port {each.port} for {each.what} is taken or not allowed ({each.setting})")
    if faults:
        raise RostrumError(
            f"Ports: {'; '.join(faults)}.",
            "Stop the program that uses it (`rostrum ps` shows a running stack), or set the setting in brackets to "
            "another port.",
        )
