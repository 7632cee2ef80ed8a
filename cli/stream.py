"""`rostrum stream`: a client that streams recordings as if they were being spoken."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import click
from rich.console import Console

from cli.report_view import show_outcome
from cli.screen import Screen
from cli.target import Target, find_target
from client.connection import Client, Received, Refused, connect
from client.outcome import Outcome
from client.playback import Performance
from client.reconnect import persevere
from client.recording import Recording, read_recording
from infra.clock import Clock, SystemClock
from infra.errors import RostrumError
from schemas.wire import Start


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--url", help="The edge's address; without it, that of the local stack.")
@click.option("--token", envvar="ROSTRUM_TOKEN", help="A login token; without it, a development token is made.")
@click.option("--user", default="speaker", show_default=True, help="Whose development token is made.")
@click.option("--ca", type=click.Path(path_type=Path), help="File with the authority of the server's certificate.")
@click.option("--insecure", is_flag=True, help="Do not check the server's certificate.")
@click.option("--name", help="The name shown on the leaderboard.")
@click.option("--competition", help="The competition whose word count this session enters.")
@click.option("--topic", help="What the questions should be about.")
@click.option("--questions", type=click.IntRange(0, 20), default=10, show_default=True, help="How many to be asked.")
@click.option("--speed", type=click.FloatRange(0.1, 8.0), default=1.0, show_default=True, help="1.0 is real time.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per server message, then a result.")
def stream(
    files: tuple[Path, ...],
    url: str | None,
    token: str | None,
    user: str,
    ca: Path | None,
    insecure: bool,
    name: str | None,
    competition: str | None,
    topic: str | None,
    questions: int,
    speed: float,
    as_json: bool,
) -> None:
    """Stream recordings in real time, one after another in one session, and show what comes back.

    Each FILE answers the next question (WAV, FLAC, MP3, Ogg, WebM, …). If the connection is lost, the session goes on
    over another one. Ends with 0 only if the whole session went well: summary and report came and the server closed
    with 1000.
    """
    start = Start(competition=competition, display_name=name, topic=topic, questions=questions)
    clock = SystemClock()
    lines = JsonLines(clock) if as_json else None
    try:
        recordings = [read_recording(path) for path in files]
        target = find_target(url=url, token=token, user=user, ca=ca, insecure=insecure, name=name)
        if lines:
            outcome = asyncio.run(_session(target, start, recordings, speed, clock, lines))
            lines.result(outcome)
        else:
            console = Console()
            with Screen(console) as screen:
                outcome = asyncio.run(_session(target, start, recordings, speed, clock, screen))
            show_outcome(console, outcome)
    except RostrumError as error:
        if lines is None:
            raise
        lines.failed(error)
        sys.exit(1)
    sys.exit(1 if outcome.faults else 0)


class Audience(Protocol):
    """Who is told what happens."""

    def received(self, item: Received) -> None: ...
    def playing(self, recording: Recording, question: int | None) -> None: ...
    def reconnecting(self, reason: str, after_s: float) -> None: ...


async def _session(
    target: Target, start: Start, recordings: list[Recording], speed: float, clock: Clock, audience: Audience
) -> Outcome:
    @asynccontextmanager
    async def authenticated() -> AsyncIterator[Client]:
        async with connect(target.url, target.tls, clock=clock, watch=audience.received) as client:
            await client.authenticate(target.token)
            yield client

    performance = Performance(start, recordings, clock, announce=audience.playing, speed=speed)
    return await persevere(authenticated, performance, audience.reconnecting)


class JsonLines:
    """Each message of the server as one line: `{"received_at_ms": Unix time, "message": {…}}`; at last the result."""

    def __init__(self, clock: Clock) -> None:
        self._unix_offset_ms = clock.now_ms() - clock.monotonic_ms()

    def received(self, item: Received) -> None:
        self._line({"received_at_ms": item.at_ms + self._unix_offset_ms, "message": item.raw})

    def playing(self, recording: Recording, question: int | None) -> None:
        """Not the server's words: left out."""

    def reconnecting(self, reason: str, after_s: float) -> None:
        """Told on the side: the lines are the server's."""
        click.echo(f"{reason} Connecting again in {after_s:.1f} s.", err=True)

    def result(self, outcome: Outcome) -> None:
        self._line({**outcome.result(), "began_at_ms": outcome.began_at_ms + self._unix_offset_ms})

    def failed(self, error: RostrumError) -> None:
        code = error.code if isinstance(error, Refused) else "failed"
        self._line({"type": "result", "ok": False, "code": code, "message": error.message, "hint": error.hint})

    @staticmethod
    def _line(value: dict[str, Any]) -> None:
        click.echo(json.dumps(value, ensure_ascii=False))
