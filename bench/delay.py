"""How soon words come: recordings streamed in real time through a whole stack, by one speaker and by two at once, with
the default policy and with LocalAgreement-2 at windows of four frames.

    python -m bench.delay [--repeats N] [--model MODEL] [--speech FOLDER]"""

import argparse
import asyncio
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

from bench.charts import Bar, BarChart, Picture
from bench.latency import reply_latencies_ms
from bench.result_files import save
from bench.speech_streams import SpeechStream, joined
from bench.support.replies_reader import read_replies
from bench.workload import Workload, add_workload_options, workload_of
from client.accuracy import word_error_rate
from client.outcome import Outcome
from client.playback import Playback
from client.reconnect import NO_RECONNECT
from client.recording import Recording
from infra.errors import RostrumError
from infra.quantiles import spread
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

RECORDINGS = ("answers_1", "answers_2")
STREAM_S = 30.0
"""Of other speech than the bundled recordings."""
SPEAKERS = (1, 2)
REPEATS = 2
_SPACING = TranscribeSettings.model_fields["window_frames"].default


@dataclass(frozen=True)
class Configuration:
    """Of the transcriber."""

    settings: Mapping[str, str]
    window_frames: int
    """Window spacing while the model is not busy. A word waits for half of it on average, then for what the policy
    holds back, then for the model."""
    goals_s: Mapping[str, float]


CONFIGURATIONS = {
    "default": Configuration({}, _SPACING, {"p50": 1.0, "p95": 1.9}),
    "agreement of 2, 4 frames": Configuration(
        {"TRANSCRIBE_POLICY": "local_agreement", "TRANSCRIBE_LOCAL_AGREEMENT_N": "2", "TRANSCRIBE_WINDOW_FRAMES": "4"},
        4,
        {"p50": 1.8, "p95": 3.0, "first_showing_p50": 0.7},
    ),
}
ADDED_GOAL_MS = 100.0
_TABLE_WIDTH = 140
_MODEL_SECONDS = "rostrum_transcribe_inference_seconds_total"
_WINDOWS = "rostrum_transcribe_windows_total"


@dataclass(frozen=True)
class DelayRound:
    """Concurrent sessions, and the figures of all of them."""

    outcomes: tuple[Outcome, ...]
    texts: tuple[str, ...]
    latencies_ms: tuple[float, ...]
    """See bench.latency."""
    model_s: float
    windows: int


async def measure(
    stack: Stack, streams: Sequence[SpeechStream], console: Console, repeats: int
) -> dict[int, list[DelayRound]]:
    """Rounds by number of speakers."""
    rounds: dict[int, list[DelayRound]] = {}
    for speakers in SPEAKERS:
        for repeat in range(repeats):
            console.print(f"  {speakers} at once, round {repeat + 1} of {repeats}")
            rounds.setdefault(speakers, []).append(await _round(stack, streams[:speakers]))
    return rounds


async def _round(stack: Stack, streams: Sequence[SpeechStream]) -> DelayRound:
    before = await _counts(stack)
    outcomes = await asyncio.gather(
        *(_session(stack, f"speaker-{index}", stream) for index, stream in enumerate(streams))
    )
    after = await _counts(stack)
    replies = await read_replies(stack.kafka)
    latencies = [
        latency
        for outcome in outcomes
        for latency in reply_latencies_ms(outcome, [each for each in replies if each.session_id == outcome.session_id])
    ]
    took_s, windows = (now - then for now, then in zip(after, before, strict=True))
    texts = tuple(stream.text for stream in streams)
    return DelayRound(tuple(outcomes), texts, tuple(latencies), took_s, round(windows))


async def _session(stack: Stack, user: str, stream: SpeechStream) -> Outcome:
    recording = Recording(Path(stream.name), stream.pcm)
    token = login_token(user, local=local_settings(stack.data))
    tls = client_context(stack.data / "tls" / "ca.pem")
    outcome = await Playback([recording]).run(stack.addresses.edge, token=token, tls=tls, reconnect=NO_RECONNECT)
    if outcome.faults:
        raise RostrumError(f"A session of the benchmark failed: {' '.join(outcome.faults)}", "See the stack's logs.")
    return outcome


async def _counts(stack: Stack) -> tuple[float, float]:
    """The transcriber's, so far: the model's seconds, and windows."""
    run = running_stack(stack.data)
    ports = [entry.health_port for entry in run.processes if entry.name == "transcribe"] if run else []
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{ports[0]}/metrics")
    samples = [each for family in text_string_to_metric_families(answer.text) for each in family.samples]
    return (
        sum(sample.value for sample in samples if sample.name == _MODEL_SECONDS),
        sum(sample.value for sample in samples if sample.name == _WINDOWS),
    )


def streams_of(workload: Workload) -> list[SpeechStream]:
    if workload.speech.is_bundled:
        return [joined(name, name) for name in RECORDINGS]
    return [workload.speech.stream(number, STREAM_S) for number in range(max(SPEAKERS))]


def figures(rounds: Sequence[DelayRound], window_frames: int) -> dict[str, Any]:
    """Pooled over the rounds. `_ratio` is over the window spacing; `added_ms`: see bench.latency."""
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
        "added_ms": spread([latency - window_ms for one in rounds for latency in one.latencies_ms]),
        "model_ms_per_window": round(window_ms, 1),
        "wer": round(word_error_rate(texts, [outcome.transcript for outcome in outcomes]), 4),
        "model_s_per_audio_s": round(model_s / audio_s, 4),
    }


def table(configurations: Mapping[str, Any]) -> Table:
    shown = Table(title="Delays of words: median / 95th percentile")
    for heading in ("configuration", "speakers", "final", "partial", "ack", "added", "WER", "model s/s"):
        shown.add_column(heading, justify="right")
    for name, of_configuration in configurations.items():
        for speakers, found in of_configuration["speakers"].items():
            shown.add_row(
                name,
                speakers,
                *(
                    f"{found[figure]['median']:.0f} / {found[figure]['p95']:.0f} ms" if found[figure] else "none"
                    for figure in ("final_delay_ms", "partial_delay_ms", "ack_delay_ms", "added_ms")
                ),
                f"{found['wer']:.3f}",
                f"{found['model_s_per_audio_s']:.3f}",
            )
    return shown


def picture(result: Mapping[str, Any]) -> Picture:
    """Medians and 95th percentiles, by configuration and number of speakers."""

    def groups(figure: str, unit_ms: float, goals: Mapping[str, str]) -> dict[str, list[Bar]]:
        """`goals`: the key of a bar's goal, by the bar."""
        return {
            f"{name}, {speakers} {'speaker' if speakers == '1' else 'speakers'}": [
                Bar(key, found[figure][key] / unit_ms, goal=of_configuration["goals_s"].get(goals.get(key)))
                for key in ("median", "p95")
            ]
            for name, of_configuration in result["configurations"].items()
            for speakers, found in of_configuration["speakers"].items()
            if found[figure]
        }

    return Picture(
        "How soon words come",
        (
            BarChart(
                "Word's end to its final", "delay (s)", groups("final_delay_ms", 1000, {"median": "p50", "p95": "p95"})
            ),
            BarChart(
                "Word's end to its first showing",
                "delay (s)",
                groups("partial_delay_ms", 1000, {"median": "first_showing_p50"}),
            ),
            BarChart("Added by Rostrum", "latency (ms)", groups("added_ms", 1, {}), goal=ADDED_GOAL_MS),
        ),
    )


def run(output: Path, workload: Workload, repeats: int = REPEATS) -> None:
    """Bring up a stack for each configuration, measure, write `output` and its picture, print the table."""
    console, measured = Console(width=_TABLE_WIDTH), workload.conditions()
    configurations = {
        name: _measured(configuration, workload, console, repeats) for name, configuration in CONFIGURATIONS.items()
    }
    result = {**measured, "repeats": repeats, "configurations": configurations}
    console.print(table(configurations))
    save(output, result, picture(result))


def _measured(configuration: Configuration, workload: Workload, console: Console, repeats: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="rostrum-bench-") as folder:
        stack = temporary_stack(Path(folder), {**workload.settings, **configuration.settings})
        with lock_data_folder(stack.data):
            install_programs(stack.programs, stack.cache)
            work = partial(measure, stack, streams_of(workload), console, repeats)
            rounds = asyncio.run(run_with_stack(stack, console, work))
    window_frames = configuration.window_frames
    return {
        "window_ms": window_frames * FRAME_MS,
        "goals_s": dict(configuration.goals_s),
        "speakers": {str(speakers): figures(several, window_frames) for speakers, several in rounds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="rounds of each number of speakers")
    add_workload_options(parser)
    given = parser.parse_args()
    workload = workload_of(given)
    run(given.output or workload.result_file("delay"), workload, given.repeats)


if __name__ == "__main__":
    main()
