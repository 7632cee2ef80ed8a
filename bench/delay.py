"""How soon words come: recordings streamed at real time through a whole stack, by one speaker and by two at once."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from bench.machine import describe
from cli.accuracy import word_error_rate
from cli.client import connect
from cli.install import install_programs
from cli.local_stack import local_settings
from cli.login import login_token
from cli.outcome import Outcome, spread
from cli.own_stack import own_stack, with_stack
from cli.playback import perform
from cli.recording import Recording, read_recording
from infra.clock import SystemClock
from infra.errors import RostrumError
from infra.local.admission import hold_data_folder
from infra.local.run_file import running_stack
from infra.local.stack import Stack
from infra.tls.contexts import client_context
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_MS
from schemas.wire import Start

SPEECH = Path(__file__).parents[1] / "samples" / "whisper-micro" / "speech"
RECORDINGS = ("answers_1.wav", "answers_2.wav")
SPEAKERS = (1, 2)
WINDOW_MS = TranscribeSettings.model_fields["window_frames"].default * FRAME_MS
"""The spacing of the transcriber's windows while it is not busy. A word waits for half of one on average, then for the
hold-back of the policy, then for the model."""
_MODEL_SECONDS = "rostrum_transcribe_model_seconds_total"


@dataclass(frozen=True)
class Round:
    """Sessions that ran side by side, and the model's time in all of them."""

    outcomes: tuple[Outcome, ...]
    texts: tuple[str, ...]
    model_s: float


async def measure(stack: Stack, console: Console, repeats: int) -> dict[int, list[Round]]:
    """Rounds by number of speakers."""
    rounds: dict[int, list[Round]] = {}
    for speakers in SPEAKERS:
        for repeat in range(repeats):
            console.print(f"  {speakers} at once, round {repeat + 1} of {repeats}")
            rounds.setdefault(speakers, []).append(await _round(stack, RECORDINGS[:speakers]))
    return rounds


async def _round(stack: Stack, names: Sequence[str]) -> Round:
    before_s = await _model_seconds(stack)
    outcomes = await asyncio.gather(
        *(_session(stack, f"speaker-{index}", read_recording(SPEECH / name)) for index, name in enumerate(names))
    )
    return Round(tuple(outcomes), tuple(map(said, names)), await _model_seconds(stack) - before_s)


async def _session(stack: Stack, user: str, recording: Recording) -> Outcome:
    clock = SystemClock()
    token = login_token(user, local=local_settings(stack.data))
    tls = client_context(stack.data / "tls" / "ca.pem")
    async with connect(stack.addresses.edge, tls, clock=clock, watch=lambda _: None) as client:
        await client.authenticate(token)
        outcome = await perform(client, Start(), [recording], clock, announce=lambda *_: None)
    if outcome.faults:
        raise RostrumError(f"A session of the benchmark failed: {' '.join(outcome.faults)}", "See the stack's logs.")
    return outcome


async def _model_seconds(stack: Stack) -> float:
    run = running_stack(stack.data)
    ports = [entry.health_port for entry in run.processes if entry.name == "transcribe"] if run else []
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{ports[0]}/metrics")
    return next(
        sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == _MODEL_SECONDS
    )


def said(name: str) -> str:
    """The words of a bundled recording."""
    lines = (SPEECH / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    text: str = next(entry["text"] for entry in map(json.loads, lines) if entry["file"] == name)
    return text


def result(rounds: Sequence[Round]) -> dict[str, Any]:
    """The figures of some rounds, pooled. Delays in milliseconds; `_ratio` is over the window spacing."""
    outcomes = [outcome for one in rounds for outcome in one.outcomes]
    texts = [text for one in rounds for text in one.texts]
    finals = spread([delay for outcome in outcomes for delay in outcome.final_delays_ms()])
    audio_s = sum(outcome.samples_sent for outcome in outcomes) / 16_000
    return {
        "sessions": len(outcomes),
        "audio_s": round(audio_s, 1),
        "final_delay_ms": finals,
        "final_delay_ratio": {name: round(value / WINDOW_MS, 2) for name, value in (finals or {}).items()},
        "partial_delay_ms": spread([delay for outcome in outcomes for delay in outcome.partial_delays_ms()]),
        "ack_delay_ms": spread([delay for outcome in outcomes for delay in outcome.ack_delays_ms()]),
        "wer": round(word_error_rate(texts, [outcome.transcript for outcome in outcomes]), 4),
        "model_s_per_audio_s": round(sum(one.model_s for one in rounds) / audio_s, 4),
    }


def table(results: dict[str, Any]) -> Table:
    shown = Table(title=f"Median delay of words; windows every {WINDOW_MS} ms")
    for heading in ("speakers", "final", "its p95", "partial", "ack", "WER", "model s/s"):
        shown.add_column(heading, justify="right")
    for speakers, figures in results.items():
        shown.add_row(
            speakers,
            f"{figures['final_delay_ms']['median'] / 1000:.2f} s",
            f"{figures['final_delay_ms']['p95'] / 1000:.2f} s",
            f"{figures['partial_delay_ms']['median'] / 1000:.2f} s",
            f"{figures['ack_delay_ms']['median']:.0f} ms",
            f"{figures['wer']:.3f}",
            f"{figures['model_s_per_audio_s']:.3f}",
        )
    return shown


def run(output: Path, repeats: int) -> None:
    """Bring a stack up, measure, write `output`, print the table."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="rostrum-bench-") as folder:
        stack = own_stack(Path(folder))
        with hold_data_folder(stack.data):
            install_programs(stack.programs, stack.cache)
            rounds = asyncio.run(with_stack(stack, console, partial(measure, stack, console, repeats)))
    results = {str(speakers): result(of_speakers) for speakers, of_speakers in rounds.items()}
    report = {"machine": describe(), "window_ms": WINDOW_MS, "repeats": repeats, "speakers": results}
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(table(results))
    console.print(f"written to {output}")
