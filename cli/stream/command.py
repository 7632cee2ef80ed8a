"""`rostrum stream`: stream recordings as if they were being spoken."""

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from cli.stream.json_lines import JsonLines
from cli.stream.report_view import show_outcome
from cli.stream.screen import Screen
from cli.stream.target import Target, find_target, server_options
from client import Outcome, Playback, RostrumError, SessionObserver, read_recording
from client.recording import Recording
from infra.clock import Clock, SystemClock
from schemas.wire import Start


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", help="The name shown on the leaderboard.")
@click.option("--competition", help="The competition that this session's words count for.")
@click.option("--topic", help="What the questions should be about.")
@click.option("--questions", type=click.IntRange(0, 20), default=10, show_default=True, help="How many to ask for.")
@click.option("--speed", type=click.FloatRange(0.1, 8.0), default=1.0, show_default=True, help="1.0 is real time.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per server message, then a result.")
@click.option("--user", default="speaker", show_default=True, help="Whose development token to make.")
@server_options
def stream(
    files: tuple[Path, ...],
    name: str | None,
    competition: str | None,
    topic: str | None,
    questions: int,
    speed: float,
    as_json: bool,
    user: str,
    url: str | None,
    token: str | None,
    ca: Path | None,
    insecure: bool,
) -> None:
    """Stream recordings in real time as one session, and show what comes back.

    Each FILE answers the next question (WAV, FLAC, MP3, Ogg, WebM, …). A lost connection is replaced, and the session
    resumed. Exits with 0 only if the session is complete: all audio was acknowledged, and summary and report arrived.

    \b
    Examples:
      rostrum stream samples/whisper-micro/speech/answers_1.wav
      rostrum stream one.mp3 two.mp3 --competition spring --name Anna
      rostrum stream answer.wav --url wss://speak.example.org:8443/v1/stream --token "$TOKEN" --json
    """
    start = Start(competition=competition, display_name=name, topic=topic, questions=questions)
    clock = SystemClock()
    lines = JsonLines(clock) if as_json else None
    try:
        recordings = [read_recording(path) for path in files]
        target = find_target(url=url, token=token, user=user, ca=ca, insecure=insecure, name=name)
        if lines:
            outcome = asyncio.run(_play(target, start, recordings, speed, clock, lines))
            lines.result(outcome)
        else:
            console = Console()
            with Screen(console) as screen:
                outcome = asyncio.run(_play(target, start, recordings, speed, clock, screen))
            show_outcome(console, outcome)
    except RostrumError as error:
        if lines is None:
            raise
        lines.failed(error)
        sys.exit(1)
    sys.exit(1 if outcome.faults else 0)


async def _play(
    target: Target, start: Start, recordings: list[Recording], speed: float, clock: Clock, observer: SessionObserver
) -> Outcome:
    playback = Playback(recordings, start=start, speed=speed)
    return await playback.run(target.url, token=target.token, tls=target.tls, observer=observer, clock=clock)
