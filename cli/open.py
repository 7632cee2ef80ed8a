"""`rostrum open`: the running stack's page in a browser."""

import os
import sys
import webbrowser
from pathlib import Path

import click

from cli.running import data_folder, data_option, need_running_stack
from infra.settings import LocalSettings, load
from local.login_token import login_token


@click.command()
@click.option("--user", default="speaker", show_default=True, help="Whom to log in as (a development token).")
@click.option("--print", "print_only", is_flag=True, help="Print the address, and open nothing.")
@data_option
def open(user: str, print_only: bool, data: Path | None) -> None:  # noqa: A001 - the command's name
    """Open the running stack's page in a browser, logged in, and print its address."""
    folder = data_folder(data)
    run = need_running_stack(folder)
    token = login_token(user, local=load(LocalSettings).model_copy(update={"data": folder}))
    address = f"{run.addresses.page}/#token={token}"
    click.echo(address)
    if not print_only and _has_display():
        webbrowser.open(address)


def _has_display() -> bool:
    """Without one, the standard library would start a browser for text in this terminal."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
