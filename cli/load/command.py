"""`rostrum load`: simulated speakers, to find out how many an installation holds."""

import asyncio
import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import uvloop
from rich.console import Console

from cli.load.figures import as_json, figures
from cli.load.figures_view import figures_view, progress_text
from cli.load.speaker import LoadSpeaker, SpeakerProfile
from cli.load.speech import bundled, spoken_audio
from cli.load.trace import SpeakerTrace
from cli.progress import ProgressLine
from cli.stream.target import Target, find_target, server_options
from client.beside import beside
from client.spoken_recording import SpokenRecording, read_spoken
from infra import settings
from infra.clock import SystemClock
from infra.errors import RostrumError
from local.login_token import login_token

TokenOf = Callable[[int], str]
"""By the number of a speaker."""
_PROGRESS_EVERY_S = 1.0


@click.command(name="load")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--speakers", type=click.IntRange(1), default=4, show_default=True, help="How many at once.")
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="Length of each session.")
@click.option("--ramp", type=click.FloatRange(0), default=5.0, show_default=True, help="Seconds over which they start.")
@click.option("--jitter-ms", type=click.FloatRange(0, 5000), default=0.0, help="How late audio may be sent, at most.")
@click.option("--drop-every", type=click.FloatRange(1), help="Cut each connection, after so many seconds on average.")
@click.option(
    "--wait", type=click.FloatRange(1), default=60.0, show_default=True, help="Seconds to wait for each summary."
)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures to this file.")
@click.option("--tokens", type=click.Path(path_type=Path, dir_okay=False), help="File with one login token per line.")
@click.option("--user", default="load-{}", show_default=True, help="User names for development tokens.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all random choices.")
@server_options
def load(
    files: tuple[Path, ...],
    speakers: int,
    seconds: float,
    ramp: float,
    jitter_ms: float,
    drop_every: float | None,
    wait: float,
    file: Path | None,
    tokens: Path | None,
    user: str,
    seed: int,
    url: str | None,
    token: str | None,
    ca: Path | None,
    insecure: bool,
) -> None:
    """Run simulated speakers in real time, and report delays and losses.

    They speak the bundled recordings, or FILES: audio files, each with its words in a file of the same name that ends
    in .txt, folders of those, or folders with a manifest.jsonl. A session is done when its summary arrives. Exits with
    0 only if every speaker was served and nothing was lost.

    \b
    Examples:
      rostrum load --speakers 8
      rostrum load --speakers 50 --seconds 300 --ramp 30 --drop-every 60 --json figures.json
    """
    listed = _listed(tokens)
    target = find_target(url=url, token=listed[0] if listed else token, user=user.format(0), ca=ca, insecure=insecure)
    profile = SpeakerProfile(target.url, target.tls, wait, jitter_ms, drop_every)
    recordings = read_spoken(files) if files else bundled()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, ProgressLine() as progress:
        token_of = _tokens(target, listed, token, user)
        traces = runner.run(
            speak_all(
                profile,
                recordings,
                token_of,
                speakers,
                seconds,
                ramp,
                seed,
                progress=lambda traces: progress.show(progress_text(traces)),
            )
        )
    found = figures(traces)
    if file:
        options = {"speakers": speakers, "seconds": seconds, "ramp": ramp, "jitter_ms": jitter_ms, "seed": seed}
        report = {"options": {**options, "drop_every": drop_every}, **as_json(found)}
        file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    Console(highlight=False).print(figures_view(found))
    sys.exit(0 if found.lossless and found.served == found.speakers else 1)


def _listed(tokens: Path | None) -> list[str]:
    if tokens is None:
        return []
    try:
        lines = tokens.read_text(encoding="utf-8").split()
    except OSError as error:
        raise RostrumError(f"{tokens}: {error.strerror}.", "Give a file with one login token a line.") from error
    if not lines:
        raise RostrumError(f"{tokens} holds no token.", "Give a file with one login token a line.")
    return lines


def _tokens(target: Target, listed: Sequence[str], token: str | None, user: str) -> TokenOf:
    """From the list in turn, or the one token for all, or else a development token of each speaker's own name."""
    if listed:
        return lambda number: listed[number % len(listed)]
    if token:
        return lambda _: target.token
    local = settings.load(settings.LocalSettings)
    return lambda number: login_token(user.format(number), local=local)


async def speak_all(
    profile: SpeakerProfile,
    recordings: Sequence[SpokenRecording],
    token_of: TokenOf,
    speakers: int,
    seconds: float,
    ramp_s: float,
    seed: int,
    *,
    progress: Callable[[Sequence[SpeakerTrace]], None] = lambda _: None,
) -> list[SpeakerTrace]:
    """All sessions, from the first start to the last summary. `progress` is shown their traces once a second."""
    clock = SystemClock()

    def speaker(number: int) -> LoadSpeaker:
        chance = random.Random(seed * 100_003 + number)  # noqa: S311 - no secret
        speech = spoken_audio(recordings, seconds, number)
        return LoadSpeaker(f"speaker {number}", lambda: token_of(number), speech, profile, clock, chance)

    async def run(number: int, speaker: LoadSpeaker) -> SpeakerTrace:
        await asyncio.sleep(number * ramp_s / speakers)
        return await speaker.run()

    async def watch() -> None:
        while True:
            progress([each.trace for each in everyone])
            await asyncio.sleep(_PROGRESS_EVERY_S)

    everyone = [speaker(number) for number in range(speakers)]
    async with beside(watch()):
        return await asyncio.gather(*(run(number, each) for number, each in enumerate(everyone)))
