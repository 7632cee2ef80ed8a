"""What must hold before anything is started: the data folder is ours, and the ports are free."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.errors import RostrumError
from local.file_lock import Locked, file_lock
from local.plan import PortUse
from local.run_file import read_run_file, run_file_path
from local.tcp_ports import is_taken


@contextmanager
def hold_data_folder(data: Path) -> Iterator[None]:
    """Have the folder to ourselves while the block runs. Raises RostrumError if another stack uses it, or if it cannot
    be made."""
    with ExitStack() as held:
        try:
            data.mkdir(parents=True, exist_ok=True)
            held.enter_context(file_lock(data / "lock", wait=False))
        except Locked:
            run = read_run_file(run_file_path(data))
            by = f" by process {run.supervisor.pid}" if run else ""
            raise RostrumError(
                f"The data folder {data} is in use{by}.",
                "Stop that stack with Ctrl-C, or set ROSTRUM_DATA (and the ports) for a second one beside it.",
            ) from None
        except OSError as error:
            raise RostrumError(
                f"The data folder {data} cannot be used ({error}).", "Set ROSTRUM_DATA to a folder you may write to."
            ) from error
        yield


def refuse_taken_ports(uses: Sequence[PortUse]) -> None:
    """Raises RostrumError naming each port that is taken or that two settings name, and the setting that changes it."""
    faults = []
    by_port: dict[int, PortUse] = {}
    for use in uses:
        if (other := by_port.setdefault(use.port, use)) is not use:
            faults.append(f"{use.setting} and {other.setting} both name port {use.port}")
        elif is_taken(use.port, use.host):
            faults.append(f"port {use.port} for {use.what} is taken or not allowed ({use.setting})")
    if faults:
        raise RostrumError(
            f"Ports: {'; '.join(faults)}.",
            "Stop the program that has it (`rostrum ps` shows a running stack), or give the setting in brackets "
            "another number.",
        )
