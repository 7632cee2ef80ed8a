"""`rostrum up`: the whole local stack in the foreground."""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import click

from cli.up.terminal import Terminal, Welcome
from infra.kafka.topics import create_topics
from infra.llm.settings import LlmSettings
from infra.settings import load
from local.from_settings import local_settings, local_stack
from local.install import install_programs
from local.login_token import login_token
from local.orphans import kill_orphans
from local.preflight import check_ports_free, lock_data_folder
from local.recogniser import recogniser_in_use
from local.run_file import mark_of
from local.stack import Stack
from local.stages import STAGES
from local.supervisor import Supervisor

_FIRST_USER = "speaker"
_WITHOUT_HELP = "Leave this stage out, to run it by hand with `rostrum run STAGE`; can be repeated."


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of all local state; by default ROSTRUM_DATA.")
@click.option("--scale", default="", help="Processes per stage, such as edge=2,transcribe=2; one each by default.")
@click.option("--without", multiple=True, type=click.Choice(list(STAGES)), help=_WITHOUT_HELP)
def up(data: Path | None, scale: str, without: tuple[str, ...]) -> None:
    """Run the whole stack on this machine until Ctrl-C: Kafka, LanguageTool and all stages.

    A process that ends is restarted. The output of each is in DATA/logs; see `rostrum logs`.

    \b
    Examples:
      rostrum up
      TRANSCRIBE_MODEL=base rostrum up           with a larger recogniser than tiny.en, downloaded once
      rostrum up --scale transcribe=2            two transcribers
    """
    local = local_settings(data)
    stack = local_stack(local, scale, without)
    llm = load(LlmSettings)
    with lock_data_folder(stack.data):
        ended = kill_orphans(stack.data)
        check_ports_free(stack.ports)
        install_programs(stack.programs, stack.cache)
        welcome = Welcome(
            addresses=stack.addresses,
            token=login_token(_FIRST_USER, local=local),
            recogniser=recogniser_in_use(stack).description,
            llm=f"{llm.model} at {llm.base_url}" if llm.base_url else "",
            logs=stack.data / "logs",
            left_out=stack.left_out,
        )
        terminal = Terminal(welcome)
        terminal.starting([plan.name for plan in stack.plans()], ended)
        asyncio.run(_supervise(stack, terminal))


async def _supervise(stack: Stack, terminal: Terminal) -> None:
    me = mark_of(os.getpid())
    assert me is not None  # noqa: S101 - this process is running
    supervisor = Supervisor(stack.plans(), stack.data, me, stack.addresses, terminal, partial(_create_topics, stack))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, supervisor.request_stop)
    await supervisor.run()


async def _create_topics(stack: Stack) -> None:
    await create_topics(stack.kafka)
