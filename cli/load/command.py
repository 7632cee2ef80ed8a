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
from rich.table import Table

from cli.load.figures import Figures, Percentiles, as_json, conclusion, figures
from cli.load.speaker import Habits, LoadSpeaker
from cli.load.speech import bundled, speech
from cli.load.trace import Trace
from cli.login import login_token
from cli.target import Target, find_target
from client.spoken_recording import SpokenRecording, read_spoken
from infra import settings
from infra.clock import SystemClock
from infra.errors import RostrumError

Token = Callable[[int], str]
"""By the number of a speaker."""


@click.command(name="load")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--speakers", type=click.IntRange(1), default=4, show_default=True, help="How many at once.")
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="Length of a session.")
@click.option("--ramp", type=click.FloatRange(0), default=5.0, show_default=True, help="Seconds over which they come.")
@click.option("--jitter-ms", type=click.FloatRange(0, 5000), default=0.0, help="How much later than due audio may be.")
@click.option("--drop-every", type=click.FloatRange(1), help="Mean seconds between two drops of a connection.")
@click.option(
    "--wait", type=click.FloatRange(1), default=60.0, show_default=True, help="Seconds for a summary to come."
)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="File for the figures.")
@click.option("--url", help="The edge's address; without it, that of the local stack.")
@click.option("--token", envvar="ROSTRUM_TOKEN", help="A login token for all; without any, development tokens.")
@click.option("--tokens", type=click.Path(path_type=Path, dir_okay=False), help="File with a login token a line.")
@click.option("--user", default="load-{}", show_default=True, help="Names for development tokens.")
@click.option("--ca", type=click.Path(path_type=Path), help="File with the authority of the server's certificate.")
@click.option("--insecure", is_flag=True, help="Do not check the server's certificate.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all that is left to chance.")
def load(
    files: tuple[Path, ...],
    speakers: int,
    seconds: float,
    ramp: float,
    jitter_ms: float,
    drop_every: float | None,
    wait: float,
    file: Path | None,
    url: str | None,
    token: str | None,
    tokens: Path | None,
    user: str,
    ca: Path | None,
    insecure: bool,
    seed: int,
) -> None:
    """Let simulated speakers speak at the pace of microphones, and say how the installation bore it.

    They say the bundled recordings, or FILES: audio files, each with its words in a file of the same name that ends in
    .txt, folders of those, or folders with a manifest.jsonl. Nothing is waited for beyond a session's summary. Ends
    with 0 only if nothing was lost and everybody was served.
    """
    listed = _listed(tokens)
    target = find_target(url=url, token=listed[0] if listed else token, user=user.format(0), ca=ca, insecure=insecure)
    habits = Habits(target.url, target.tls, wait, jitter_ms, drop_every)
    texts = read_spoken(files) if files else bundled()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        made = _tokens(target, listed, token, user)
        traces = runner.run(speak_all(habits, texts, made, speakers, seconds, ramp, seed))
    found = figures(traces)
    if file:
        options = {"speakers": speakers, "seconds": seconds, "ramp": ramp, "jitter_ms": jitter_ms, "seed": seed}
        report = {"options": {**options, "drop_every": drop_every}, **as_json(found)}
        file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    show(Console(highlight=False), found)
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


def _tokens(target: Target, listed: Sequence[str], token: str | None, user: str) -> Token:
    """Each speaker's own: of a list in turn, or a development token of their own name, or else the one for all."""
    if listed:
        return lambda number: listed[number % len(listed)]
    if token:
        return lambda _: target.token
    local = settings.load(settings.LocalSettings)
    return lambda number: login_token(user.format(number), local=local)


async def speak_all(
    habits: Habits,
    texts: Sequence[SpokenRecording],
    token: Token,
    speakers: int,
    seconds: float,
    ramp_s: float,
    seed: int,
) -> list[Trace]:
    clock = SystemClock()

    async def one(number: int) -> Trace:
        await asyncio.sleep(number * ramp_s / speakers)
        dice = random.Random(seed * 100_003 + number)  # noqa: S311 - chance, not secrecy
        said = speech(texts, seconds, number)
        return await LoadSpeaker(f"speaker {number}", lambda: token(number), said, habits, clock, dice).run()

    return await asyncio.gather(*map(one, range(speakers)))


def show(console: Console, found: Figures) -> None:
    table = Table("delay, in ms", *(["p50", "p95", "p99", "greatest"]))
    for name, values in (
        ("frame sent to its ack", found.ack),
        ("word's end to its showing", found.partial),
        ("word's end to its final", found.final),
        ("connection lost to the next ack", found.return_to_ack),
    ):
        table.add_row(name, *_cells(values))
    console.print(table)
    wer = "unknown" if found.wer is None else f"{100 * found.wer:.1f} %"
    console.print(
        f"{found.frames_acked} frames acknowledged, {found.returns} returns, word error rate {wer}; "
        f"given twice: {found.finals_twice} finals, {found.passages_twice} passages"
    )
    for reason, count in found.turned_away.items():
        console.print(f"turned away, to come again: {reason}, {count} times")
    for name, losses in found.losses.items():
        console.print(f"{name}: {'; '.join(losses)}", style="red", markup=False)
    for name, reason in found.failed.items():
        if name not in found.losses:
            console.print(f"{name}: {reason}", style="red", markup=False)
    console.print(conclusion(found), style="bold", markup=False)


def _cells(values: Percentiles | None) -> list[str]:
    return [f"{value:.0f}" for value in values.values()] if values else ["-"] * 4
