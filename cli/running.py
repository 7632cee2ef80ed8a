"""The stack that runs on a data folder, for commands that need one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from infra.errors import Unavailable
from infra.settings import LocalSettings, load
from local.run_file import RunFile, running_stack

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])


def data_option(command: _CommandT) -> _CommandT:
    """`--data`, for commands about the local stack."""
    option = click.option(
        "--data", type=click.Path(path_type=Path), help="The stack's data folder; by default ROSTRUM_DATA."
    )
    return option(command)


def data_folder(data: Path | None) -> Path:
    return data or load(LocalSettings).data.expanduser()


def need_running_stack(data: Path) -> RunFile:
    """Raises Unavailable if no stack runs there."""
    run = running_stack(data)
    if run is None:
        raise Unavailable(
            f"No stack runs on the data folder {data}.",
            "Start one with `rostrum up`, or name a running one's folder with --data or ROSTRUM_DATA.",
        )
    return run
