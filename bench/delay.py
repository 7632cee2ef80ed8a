"""How soon words come: recordings streamed at real time through a whole stack, by one speaker and by two at once, once
with the default policy and once with LocalAgreement-2 at windows of four frames, which the goals are about too."""

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from bench.charts import Bar, Bars
from bench.latency import answers_ms
from bench.result_files import circumstances, save
from client.accuracy import word_error_rate
from client.outcome import Outcome
from client.playback import Playback
from client.reconnect import NO_RECONNECT
from client.recording import Recording, read_recording
from infra.errors import RostrumError
from infra.quantiles import spread
from infra.samples import SPEECH
from infra.tls.contexts import client_context
from local.from_settings import local_settings
from local.install import install_programs
from local.login_token import login_token
from local.preflight import lock_data_folder
from local.run_file import running_stack
from local.stack import Stack
from local.temporary import run_with_stack, temporary_stack
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_MS
from tests.support.transcribe.transcripts_reader import Onlooker

RECORDINGS = ("answers_1.wav", "answers_2.wav")
SPEAKERS = (1, 2)
_SPACING = TranscribeSettings.model_fields["window_frames"].default


@dataclass(frozen=True)
class Way:
    """One way of hearing. `window_frames`: the spacing of windows while the model is not busy. A word waits for half of
    one on average, then for what the policy holds back, then for the model."""

    settings: Mapping[str, str]
    window_frames: int
    p50_goal_s: float
    p95_goal_s: float


WAYS = {
    "default": Way({}, _SPACING, 1.0, 1.9),
    "agreement of 2, 4 frames": Way(
        {"TRANSCRIBE_POLICY": "local_agreement", "TRANSCRIBE_LOCAL_AGREEMENT_N": "2", "TRANSCRIBE_WINDOW_FRAMES": "4"},
        4,
        1.8,
        3.0,
    ),
}
ADDED_GOAL_MS = 100.0
_TABLE_WIDTH = 140
_MODEL_SECONDS = "rostrum_transcribe_inference_seconds_total"
_WINDOWS = "rostrum_transcribe_windows_total"


@dataclass(frozen=True)
class Round:
    """Sessions that ran side by side, and of all of them: `answers_ms`, see bench.latency; the model's time; windows
    heard."""

    outcomes: tuple[Outcome, ...]
    texts: tuple[str, ...]
    answers_ms: tuple[float, ...]
    model_s: float
    windows: int


async def measure(stack: Stack, console: Console, repeats: int) -> dict[int, list[Round]]:
    """Rounds by number of speakers."""
    rounds: dict[int, list[Round]] = {}
    for speakers in SPEAKERS:
        for repeat in range(repeats):
            console.print(f"  {speakers} at once, round {repeat + 1} of {repeats}")
            rounds.setdefault(speakers, []).append(await _round(stack, RECORDINGS[:speakers]))
    return rounds


async def _round(stack: Stack, names: Sequence[str]) -> Round:
    before = await _counts(stack)
    outcomes = await asyncio.gather(
        *(_session(stack, f"speaker-{index}", read_recording(SPEECH / name)) for index, name in enumerate(names))
    )
    after = await _counts(stack)
    async with Onlooker(stack.kafka) as onlooker:
        written = await onlooker.until_ended(*(outcome.session_id for outcome in outcomes), within_s=60)
    replies = [reply for _, reply in written.replies]
    answers = [
        answer
        for outcome in outcomes
        for answer in answers_ms(outcome, [each for each in replies if each.session_id == outcome.session_id])
    ]
    took_s, windows = (now - then for now, then in zip(after, before, strict=True))
    return Round(tuple(outcomes), tuple(map(said, names)), tuple(answers), took_s, round(windows))


async def _session(stack: Stack, user: str, recording: Recording) -> Outcome:
    token = login_token(user, local=local_settings(stack.data))
    tls = client_context(stack.data / "tls" / "ca.pem")
    outcome = await Playback([recording]).run(stack.addresses.edge, token=token, tls=tls, reconnect=NO_RECONNECT)
    if outcome.faults:
        raise RostrumError(f"A session of the benchmark failed: {' '.join(outcome.faults)}", "See the stack's logs.")
    return outcome


async def _counts(stack: Stack) -> tuple[float, float]:
    """The transcriber's: seconds of the model, and windows."""
    run = running_stack(stack.data)
    ports = [entry.health_port for entry in run.processes if entry.name == "transcribe"] if run else []
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{ports[0]}/metrics")
    samples = [each for family in text_string_to_metric_families(answer.text) for each in family.samples]
    return (
        sum(sample.value for sample in samples if sample.name == _MODEL_SECONDS),
        sum(sample.value for sample in samples if sample.name == _WINDOWS),
    )


def said(name: str) -> str:
    """The words of a bundled recording."""
    lines = (SPEECH / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    text: str = next(entry["text"] for entry in map(json.loads, lines) if entry["file"] == name)
    return text


def result(rounds: Sequence[Round], window_frames: int) -> dict[str, Any]:
    """The figures of some rounds, pooled. Delays in milliseconds; `_ratio` is over the window spacing. `added_ms`: see
    bench.latency."""
    outcomes = [outcome for one in rounds for outcome in one.outcomes]
    texts = [text for one in rounds for text in one.texts]
    finals = spread([delay for outcome in outcomes for delay in outcome.final_delays_ms()])
    audio_s = sum(outcome.samples_sent for outcome in outcomes) / 16_000
    model_s = sum(one.model_s for one in rounds)
    window_ms = 1000 * model_s / max(sum(one.windows for one in rounds), 1)
    spacing_ms = window_frames * FRAME_MS
    return {
        "sessions": len(outcomes),
        "audio_s": round(audio_s, 1),
        "final_delay_ms": finals,
        "final_delay_ratio": {name: round(value / spacing_ms, 2) for name, value in (finals or {}).items()},
        "partial_delay_ms": spread([delay for outcome in outcomes for delay in outcome.partial_delays_ms()]),
        "ack_delay_ms": spread([delay for outcome in outcomes for delay in outcome.ack_delays_ms()]),
        "added_ms": spread([answer - window_ms for one in rounds for answer in one.answers_ms]),
        "model_ms_per_window": round(window_ms, 1),
        "wer": round(word_error_rate(texts, [outcome.transcript for outcome in outcomes]), 4),
        "model_s_per_audio_s": round(model_s / audio_s, 4),
    }


def table(ways: Mapping[str, Any]) -> Table:
    shown = Table(title="Median delays of words, and their 95th percentiles")
    for heading in ("way", "speakers", "final", "partial", "ack", "added", "WER", "model s/s"):
        shown.add_column(heading, justify="right")
    for way, of_way in ways.items():
        for speakers, figures in of_way["speakers"].items():
            shown.add_row(
                way,
                speakers,
                *(
                    f"{figures[name]['median']:.0f} / {figures[name]['p95']:.0f} ms" if figures[name] else "none"
                    for name in ("final_delay_ms", "partial_delay_ms", "ack_delay_ms", "added_ms")
                ),
                f"{figures['wer']:.3f}",
                f"{figures['model_s_per_audio_s']:.3f}",
            )
    return shown


def panels(report: Mapping[str, Any]) -> tuple[Bars, ...]:
    """Delays, by way of hearing times speakers at once, as medians and 95th percentiles."""

    def groups(figure: str, unit_ms: float) -> dict[str, list[Bar]]:
        return {
            f"{way} × {speakers}": [
                Bar(name, figures[figure][key] / unit_ms) for name, key in (("median", "median"), ("95 of 100", "p95"))
            ]
            for way, of_way in report["ways"].items()
            for speakers, figures in of_way["speakers"].items()
            if figures[figure]
        }

    return (
        Bars("A word's end to its final", groups("final_delay_ms", 1000), unit="s"),
        Bars("A word's end to its first showing", groups("partial_delay_ms", 1000), unit="s"),
        Bars("Added by Rostrum", groups("added_ms", 1), unit="ms", goal=ADDED_GOAL_MS),
    )


def run(output: Path, repeats: int) -> None:
    """Bring a stack up for each way, measure, write `output` and its picture, print the table."""
    console, measured = Console(width=_TABLE_WIDTH), circumstances()
    ways = {name: _along(way, console, repeats) for name, way in WAYS.items()}
    report = {**measured, "repeats": repeats, "ways": ways}
    console.print(table(ways))
    save(output, report, panels(report))


def _along(way: Way, console: Console, repeats: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="rostrum-bench-") as folder:
        stack = temporary_stack(Path(folder), way.settings)
        with lock_data_folder(stack.data):
            install_programs(stack.programs, stack.cache)
            rounds = asyncio.run(run_with_stack(stack, console, partial(measure, stack, console, repeats)))
    return {
        "window_ms": way.window_frames * FRAME_MS,
        "goals_s": {"p50": way.p50_goal_s, "p95": way.p95_goal_s},
        "speakers": {str(speakers): result(of_speakers, way.window_frames) for speakers, of_speakers in rounds.items()},
    }
