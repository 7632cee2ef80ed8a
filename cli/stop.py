"""`rostrum stop`: stop the stack of a data folder from another terminal."""

import signal
import time
from pathlib import Path

import click
import psutil

from cli.running import data_folder, data_option
from infra.errors import RostrumError
from local.run_file import find_process, running_stack

_WITHIN_S = 60.0
"""The supervisor kills what takes longer than its own time limits, which are shorter."""


@click.command()
@data_option
def stop(data: Path | None) -> None:
    """Stop the running stack, as Ctrl-C in its terminal would.

    Returns once every process has ended. If none runs there is nothing to do.
    """
    folder = data_folder(data)
    run = running_stack(folder)
    supervisor = find_process(run.supervisor) if run else None
    if supervisor is None:
        click.echo(f"No stack runs on {folder}.")
        return
    click.echo(f"Stopping the stack on {folder} …")
    began_s = time.monotonic()
    try:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(_WITHIN_S)
    except psutil.NoSuchProcess:
        pass  # It ended just now.
    except psutil.TimeoutExpired as error:
        raise RostrumError(
            f"The stack still runs after {_WITHIN_S:.0f} s.", f"Its supervisor is process {supervisor.pid}."
        ) from error
    click.echo(f"Stopped after {time.monotonic() - began_s:.1f} s.")
