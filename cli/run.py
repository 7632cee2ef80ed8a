"""`rostrum run STAGE`: one stage in the foreground."""

import os

import click

from local.stack import stage_command
from local.stages import STAGES


@click.command()
@click.argument("stage", type=click.Choice(list(STAGES)))
def run(stage: str) -> None:
    """Run one stage in the foreground, with the Kafka and other services that the settings name.

    For containers, and for debugging a stage by hand. The stage replaces this process: it gets the signals, and the
    exit status is its own (78: wrong settings).
    """
    command = stage_command(stage)
    os.execv(command[0], command)  # noqa: S606 - to become the stage is the purpose
