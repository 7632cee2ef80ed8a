"""`rostrum demo`: everything once, from an empty folder to a leaderboard."""

import asyncio
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.stream.report_view import show_outcome
from cli.stream.screen import Screen
from client import Playback, read_recording
from client.outcome import Outcome
from client.reconnect import NO_RECONNECT
from client.recording import Recording
from infra.errors import RostrumError
from infra.samples import SPEECH
from infra.tls.contexts import client_context
from local.from_settings import local_settings
from local.install import install_programs
from local.login_token import login_token
from local.preflight import lock_data_folder
from local.recogniser import recogniser_in_use
from local.stack import Stack
from local.temporary import Interrupted, run_with_stack, temporary_stack
from schemas.wire import Start

ANSWERS = SPEECH / "answers_1.wav"
COMPETITION = "demo"
USER = "demo-speaker"
_BOARD_WITHIN_S = 15.0
_REPORT_WITHIN_S = 60.0


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=ANSWERS)
def demo(file: Path) -> None:
    """Start a temporary stack, stream a recording to it in real time, and show transcript, report and leaderboard.

    FILE replaces the bundled recording; the demo's recogniser understands only voices like the bundled ones. The stack
    has ports and data of its own, so it runs beside any other. Exits with 0 only if transcript, questions, summary,
    report and leaderboard are complete.
    """
    console = Console(highlight=False)
    began_s = time.monotonic()
    recording = read_recording(file)
    local = local_settings(None)
    local.data.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(dir=local.data, prefix="demo-"))
    try:
        missing = _run(temporary_stack(data), recording, console)
    except Interrupted:
        shutil.rmtree(data)
        raise
    except RostrumError:
        console.print(f"Logs: {data / 'logs'}")
        raise
    if missing:
        console.print(Text(f"✗ Missing: {', '.join(missing)}. Logs: {data / 'logs'}", style="red"))
        sys.exit(1)
    shutil.rmtree(data)
    console.print(Text(f"✓ Complete, in {time.monotonic() - began_s:.0f} s.", style="bold green"))


def _run(stack: Stack, recording: Recording, console: Console) -> list[str]:
    with lock_data_folder(stack.data):
        install_programs(stack.programs, stack.cache)
        recogniser = recogniser_in_use(stack)
        console.print(f"Recogniser: {recogniser.description}", markup=False)
        heading(console, "Starting Kafka, LanguageTool and the five stages")
        return asyncio.run(run_with_stack(stack, console, partial(_session, stack, recording, console)))


def heading(console: Console, text: str) -> None:
    console.print(Text(f"\n{text}", style="bold cyan"))


async def _session(stack: Stack, recording: Recording, console: Console) -> list[str]:
    """Stream, show, and say what is missing."""
    heading(console, f"Streaming {recording.path.name} in real time over {stack.addresses.edge}")
    token = login_token(USER, name="Demo", local=local_settings(stack.data))
    start = Start(competition=COMPETITION, display_name="Demo")
    playback = Playback([recording], start=start, report_wait_s=_REPORT_WITHIN_S)
    with Screen(console) as screen:
        outcome = await playback.run(
            stack.addresses.edge,
            token=token,
            tls=client_context(stack.data / "tls" / "ca.pem"),
            reconnect=NO_RECONNECT,
            observer=screen,
        )
    heading(console, "Results")
    show_outcome(console, outcome)
    heading(console, "Leaderboard, from the HTTP API")
    board = await leaderboard(stack.addresses.page, token, outcome.summary.words if outcome.summary else 0)
    show_leaderboard(console, board)
    heading(console, "Stopping the stack")
    return missing_parts(outcome, board)


async def leaderboard(page: str, token: str, words: int) -> list[dict[str, Any]]:
    """The demo's leaderboard once it has so many words, or as it is when the time is over."""
    deadline_s = time.monotonic() + _BOARD_WITHIN_S
    async with httpx.AsyncClient(base_url=page, headers={"Authorization": f"Bearer {token}"}) as http:
        while True:
            entries = await _entries(http)
            if [entry["words"] for entry in entries] == [words] or time.monotonic() > deadline_s:
                return entries
            await asyncio.sleep(0.3)


async def _entries(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    try:
        answer = await http.get(f"/api/competitions/{COMPETITION}/leaderboard")
    except httpx.TransportError:
        return []  # The API is being restarted; if it stays away, the leaderboard is reported as missing.
    entries: list[dict[str, Any]] = answer.json()["entries"] if answer.is_success else []
    return entries


def show_leaderboard(console: Console, board: list[dict[str, Any]]) -> None:
    table = Table("rank", "name", "words")
    for entry in board:
        table.add_row(str(entry["rank"]), Text(entry["display_name"]), str(entry["words"]))
    console.print(table)


def missing_parts(outcome: Outcome, board: list[dict[str, Any]]) -> list[str]:
    """What the demo promises and did not show; empty if it is complete."""
    words = outcome.summary.words if outcome.summary else 0
    present = {
        "a transcript": bool(outcome.transcript),
        "the acknowledgement of all audio": outcome.frames_acked == outcome.frames_sent,
        "questions": outcome.questions is not None,
        "a summary": outcome.summary is not None,
        "a report": outcome.report is not None,
        "the session's words on the leaderboard": [entry["words"] for entry in board] == [words],
        "a clean close": not outcome.faults,
    }
    return [what for what, is_present in present.items() if not is_present]
