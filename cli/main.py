"""The command `rostrum`: one file or package per command, imported when it is asked for."""

import importlib
import sys

import click
from rich.console import Console

from infra.errors import RostrumError

GROUPS = {
    "A stack on this machine": ("demo", "up", "open", "ps", "logs", "stop", "doctor", "run"),
    "Any server": ("stream", "load", "token"),
    "Kafka": ("topics", "dead-letters", "replay"),
}
"""Each is a click command of this name in `cli/NAME.py` or `cli/NAME/command.py`, with _ for -."""
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
_ANY_LENGTH = 1000
_NAME_WIDTH = max(map(len, COMMANDS))


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By group, each with the whole first sentence of its help."""
        for title, names in GROUPS.items():
            commands = {name: self.get_command(ctx, name) for name in names}
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{name:<{_NAME_WIDTH}}", command.get_short_help_str(_ANY_LENGTH))
                        for name, command in commands.items()
                        if command
                    ]
                )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rostrum")
def rostrum() -> None:
    """Rostrum: spoken-English practice, oral examinations and speaking competitions.

    \b
    Examples:
      rostrum demo                              everything once, on ports of its own
      rostrum up                                the whole stack on this machine, until Ctrl-C
      rostrum stream answer.wav                 stream a recording to it, in another terminal
      rostrum load --speakers 8                 how many speakers it holds

    Settings are environment variables or lines of a file .env; docs/settings.md lists them. `rostrum COMMAND --help`
    explains a command.
    """


def main() -> None:
    """Exits with 1 after an error that a person can fix: what is wrong, and what to do, goes to stderr."""
    try:
        rostrum()
    except RostrumError as error:
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print(error.message, style="bold red", markup=False)
        if error.hint:
            console.print(error.hint, markup=False)
        sys.exit(1)
