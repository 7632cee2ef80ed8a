"""The command `rostrum`: one file of this package per command, imported when it is asked for."""

import importlib
import sys

import click
from rich.console import Console

from infra.errors import RostrumError

COMMANDS = ("up", "run", "ps", "token", "stream", "topics", "dead-letters", "doctor", "demo", "replay", "load")
"""Each is a click command of this name in `cli/NAME.py` or `cli/NAME/command.py`, with _ for -."""


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"cli.{name}")
        if hasattr(module, "__path__"):
            module = importlib.import_module(f"cli.{name}.command")
        command: click.Command = getattr(module, name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rostrum")
def rostrum() -> None:
    """Rostrum: spoken-English practice, oral examinations and speaking competitions.

    `rostrum up` runs the whole system on this machine. Settings are environment variables or lines of `.env`.
    """


def main() -> None:
    """Exits 1 after an error that a person can mend, with what is wrong and how to mend it on stderr."""
    try:
        rostrum()
    except RostrumError as error:
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print(error.message, style="bold red", markup=False)
        if error.hint:
            console.print(error.hint, markup=False)
        sys.exit(1)
