"""`rostrum run STAGE`: one stage in the foreground."""

import os

import click

from local.stack import stage_command
from local.stages import STAGES


@click.command()
@click.argument("stage", type=click.Choice(list(STAGES)))
def run(stage: str) -> None:
    """Run one stage in the foreground, against whatever the settings name.

    This is a container's command: the stage takes this process over, so it gets the signals and its exit status is
    the stage's own (78: wrong settings).
    """
    command = stage_command(stage)
    os.execv(command[0], command)  # noqa: S606 - becoming the stage is the purpose
