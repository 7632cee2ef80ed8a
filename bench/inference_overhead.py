"""What the transcriber adds to its model: windows per second through its inference pool, over the best of bare
CTranslate2 at any batch size and number of workers, on the same windows and cores.

    python -m bench.inference_overhead [--sessions N] [--rounds N] [--model MODEL] [--speech FOLDER]

The windows are recorded from concurrent sessions that go through the core, each a recording with another offset. The
bare runs get their input ready made and padded, and stop at CTranslate2's answers; the stage makes the input, decodes
with the checks, puts words together and applies the filters. Runs of both alternate, so that other load on the machine
affects both, and both keep freed memory, as the stage does (infra/malloc.py)."""

import argparse
import asyncio
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Literal

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from bench.charts import Bar, BarChart, Picture
from bench.result_files import save
from bench.speech_streams import SpeechStream, joined
from bench.streaming import score, shifted
from bench.workload import Workload, add_workload_options, workload_of
from infra.clock import SystemClock
from infra.malloc import keep_freed
from processors.transcribe.adapters.models import ResolvedModel
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.core.audio.levels import samples_of
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.batching import next_batch
from processors.transcribe.core.whisper.mel import HOP, MelFilters
from processors.transcribe.inference import InferencePool
from processors.transcribe.options import transcription_options
from processors.transcribe.settings import TranscribeSettings

RECORDINGS = ("answers_1", "answers_2", "answers_3")
STREAM_S = 30.0
"""Of other speech than the bundled recordings."""
BATCHES = (1, 4)
SESSIONS, WINDOWS, ROUNDS = 3, 128, 3
DUE = 8
"""Windows that are due at the same time."""
GOAL_RATIO = 0.85
SHORT_INPUT, FULL_INPUT = "short", "3000"
ENCODER_FRAMES = {SHORT_INPUT: 0, FULL_INPUT: 3000}
"""Short input is for the demo recogniser alone, which was trained on it."""


@dataclass(frozen=True)
class CTranslate2Setup:
    workers: int
    threads: int
    """Of each worker."""
    batch: int
    """Windows per call."""

    def __str__(self) -> str:
        return f"{self.workers} x {self.threads} threads, batch {self.batch}"


@dataclass(frozen=True)
class EncoderInput:
    mel: "np.ndarray[Any, Any]"
    """A window's mel spectrogram, padded."""
    frames: int
    """How many of its frames are audio."""


class RecordedCalls:
    """A recogniser that keeps the windows it is given."""

    def __init__(self, recogniser: WhisperRecogniser) -> None:
        self.windows: list[Window] = []
        self._recogniser = recogniser
        self.workers, self.max_batch_size = recogniser.workers, recogniser.max_batch_size
        self.batch_key = recogniser.batch_key

    async def recognise(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        self.windows += windows
        return await self._recogniser.recognise(windows)


async def record(
    streams: Sequence[SpeechStream], recogniser: WhisperRecogniser, settings: TranscribeSettings
) -> list[Window]:
    """All windows of concurrent sessions, in the order in which they come due."""
    recording, vad = RecordedCalls(recogniser), SileroVad()
    options = transcription_options(settings, "bench", recogniser.window_ms)
    for number, stream in enumerate(streams):
        pcm = shifted(stream.pcm, number, len(streams))
        await score(recording, vad, options, stream.name, pcm, "")
    vad.close()
    return sorted(recording.windows, key=lambda window: window.end_ms)


@dataclass(frozen=True)
class Throughput:
    """In windows."""

    per_s: float
    """Of the wall clock."""
    per_cpu_s: float
    """Depends less on other programs."""

    @classmethod
    def since(cls, begun_s: float, cpu_s: float, windows: int) -> "Throughput":
        return cls(windows / (perf_counter() - begun_s), windows / (process_time() - cpu_s))


async def through_stage(recogniser: WhisperRecogniser, windows: Sequence[Window]) -> Throughput:
    """As in the service while windows are always due: each worker gets a batch as soon as it is free."""
    pool, left = InferencePool(recogniser, SystemClock()), list(windows)
    begun_s, cpu_s = perf_counter(), process_time()
    while left or pool.tasks:
        while batch := next_batch(left[:DUE], pool.batch_size(min(len(left), DUE)), pool.batch_key):
            pool.submit(batch)
            left = [window for window in left if not any(window is each for each in batch)]
        await asyncio.wait(pool.tasks, return_when=asyncio.FIRST_COMPLETED)
        pool.completed()
    return Throughput.since(begun_s, cpu_s, len(windows))


def inputs(model: WhisperModel, windows: Sequence[Window], frames: int) -> list[EncoderInput]:
    """The encoder's input, padded as the stage pads it."""
    made, filters = [], MelFilters(model.feature_extractor.mel_filters)
    for window in windows:
        samples = samples_of(window.pcm)
        length = samples.size // HOP
        room = frames or max(500, -(-(length + 50) // 100) * 100)
        made.append(EncoderInput(pad_or_trim(filters.spectrogram(samples), room), length))
    return made


def without_stage(
    model: WhisperModel, setup: CTranslate2Setup, given: Sequence[EncoderInput], tokenizer: Tokenizer
) -> Throughput:
    """CTranslate2 alone, with windows of one length in each batch."""
    ordered = sorted(given, key=lambda each: each.mel.shape[1])
    by_length = [list(group) for _, group in groupby(ordered, key=lambda each: each.mel.shape[1])]
    batches = [group[at : at + setup.batch] for group in by_length for at in range(0, len(group), setup.batch)]
    with ThreadPoolExecutor(setup.workers) as pool:
        begun_s, cpu_s = perf_counter(), process_time()
        list(pool.map(lambda batch: _run_batch(model, batch, tokenizer), batches))
        return Throughput.since(begun_s, cpu_s, len(given))


def _run_batch(model: WhisperModel, batch: Sequence[EncoderInput], tokenizer: Tokenizer) -> None:
    whisper, start = model.model, tokenizer.sot_sequence
    encoded = whisper.encode(ctranslate2.StorageView.from_array(np.stack([each.mel for each in batch])))
    results = whisper.generate(encoded, [start] * len(batch), beam_size=1)
    texts = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
    whisper.align(encoded, start, texts, [each.frames for each in batch])


async def compare(
    model: ResolvedModel, streams: Sequence[SpeechStream], frames: int, count: int, rounds: int
) -> dict[str, Any]:
    """Both on the windows of one recorded run, in alternation."""
    settings = TranscribeSettings(device="cpu", encoder_frames=frames, temperature_fallback=False)
    recogniser = WhisperRecogniser(load_model(model, settings), settings)
    recorder = WhisperRecogniser(load_model(model, short := settings.model_copy(update={"encoder_frames": 0})), short)
    windows = (await record(streams, recorder, settings))[-count:]
    recorder.close()
    cores = recogniser.workers
    layouts = {(cores, 1), (1, cores)}
    bare = {
        layout: WhisperModel(model.folder, device="cpu", cpu_threads=layout[1], num_workers=layout[0])
        for layout in layouts
    }
    one = next(iter(bare.values()))
    tokenizer = Tokenizer(one.hf_tokenizer, one.model.is_multilingual, task="transcribe", language="en")
    given = inputs(one, windows, frames)
    setups = [CTranslate2Setup(*layout, batch) for layout in sorted(layouts) for batch in BATCHES]
    stage: list[Throughput] = []
    alone: dict[str, list[Throughput]] = {str(setup): [] for setup in setups}
    for _ in range(rounds):
        for setup in setups:
            alone[str(setup)].append(without_stage(bare[setup.workers, setup.threads], setup, given, tokenizer))
        # As many runs of the stage after each round of bare runs: the machine's speed varies.
        stage += [await through_stage(recogniser, windows) for _ in range(3)]
    recogniser.close()
    best = max(alone, key=lambda setup: _median(alone[setup], "per_s"))
    leanest = max(alone, key=lambda setup: _median(alone[setup], "per_cpu_s"))
    return {
        "windows": len(windows),
        "stage": _figures(stage),
        "bare": {setup: _figures(runs) for setup, runs in alone.items()},
        "bare_best": best,
        "ratio": round(_median(stage, "per_s") / _median(alone[best], "per_s"), 3),
        "ratio_of_cpu_time": round(_median(stage, "per_cpu_s") / _median(alone[leanest], "per_cpu_s"), 3),
    }


def _median(runs: Sequence[Throughput], figure: Literal["per_s", "per_cpu_s"]) -> float:
    return statistics.median(run.per_s if figure == "per_s" else run.per_cpu_s for run in runs)


def _figures(runs: Sequence[Throughput]) -> dict[str, Any]:
    each = sorted(run.per_s for run in runs)
    return {
        "windows_per_s": round(_median(runs, "per_s"), 2),
        "spread_windows_per_s": [round(each[0], 2), round(each[-1], 2)],
        "windows_per_cpu_s": round(_median(runs, "per_cpu_s"), 2),
    }


def picture(result: Mapping[str, Any]) -> Picture:
    """By wall clock, with the spread of the runs, and by CPU time. A chart per input, since they differ tenfold."""

    def bars(figures: Mapping[str, Any], figure: str, spread: str) -> list[Bar]:
        goal = result["goal_ratio"] * figures["bare"][figures["bare_best"]][figure] if spread else None
        stage, bare = figures["stage"], figures["bare"]
        return [
            Bar("the stage", stage[figure], tuple(stage[spread]) if spread else None, goal),
            *(Bar(f"bare, {name}", one[figure], tuple(one[spread]) if spread else None) for name, one in bare.items()),
        ]

    return Picture(
        "Windows through the transcriber's inference pool, and through bare CTranslate2",
        tuple(
            BarChart(
                "Short encoder input" if name == SHORT_INPUT else f"Encoder input of {name} frames",
                "windows per second",
                {
                    "wall clock": bars(result[name], "windows_per_s", "spread_windows_per_s"),
                    "CPU time": bars(result[name], "windows_per_cpu_s", ""),
                },
            )
            for name in ENCODER_FRAMES
            if name in result
        ),
    )


def streams_of(workload: Workload, sessions: int) -> list[SpeechStream]:
    if workload.speech.is_bundled:
        return [joined(name, name) for name in (RECORDINGS[number % len(RECORDINGS)] for number in range(sessions))]
    return [workload.speech.stream(number, STREAM_S) for number in range(sessions)]


async def measure(workload: Workload, sessions: int, windows: int, rounds: int) -> dict[str, Any]:
    """Both on each kind of input that the model takes."""
    found: dict[str, Any] = {}
    for name, frames in ENCODER_FRAMES.items():
        if name == SHORT_INPUT and not workload.model.is_demo:
            continue
        # 3000 frames take ten times as long, so a quarter of the windows must do.
        count = windows if name == SHORT_INPUT else max(windows // 4, 8)
        found[name] = figures = await compare(workload.model, streams_of(workload, sessions), frames, count, rounds)
        best = figures["bare_best"]
        print(
            f"input {name}: {figures['stage']['windows_per_s']} windows/s through the stage, "
            f"{figures['bare'][best]['windows_per_s']} by bare CTranslate2 ({best}): ratio {figures['ratio']}, "
            f"of CPU time {figures['ratio_of_cpu_time']}",
            flush=True,
        )
    return found


def run(
    output: Path, workload: Workload, sessions: int = SESSIONS, windows: int = WINDOWS, rounds: int = ROUNDS
) -> None:
    keep_freed()  # As the transcriber does.
    result = {**workload.conditions(), "sessions": sessions, "rounds": rounds, "goal_ratio": GOAL_RATIO}
    result |= asyncio.run(measure(workload, sessions, windows, rounds))
    save(output, result, picture(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="sessions whose windows are recorded")
    parser.add_argument("--windows", type=int, default=WINDOWS, help="how many of these, the last ones, are run")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    add_workload_options(parser)
    given = parser.parse_args()
    workload = workload_of(given)
    run(
        given.output or workload.result_file("inference-overhead"),
        workload,
        given.sessions,
        given.windows,
        given.rounds,
    )


if __name__ == "__main__":
    main()
