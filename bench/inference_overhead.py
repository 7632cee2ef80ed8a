"""The stage's way to the model against the model alone: windows per second through the transcriber's recogniser, over
bare CTranslate2's best over batch sizes and workers, on the same windows and cores.

    python -m bench.inference_overhead [--sessions N] [--rounds N]

The windows are recorded from sessions that go through the core side by side, each a recording shifted a little. The
bare runs get their input ready made, already padded, and stop at CTranslate2's answers; the stage makes the input,
decodes with the checks, puts words together and applies the rules. Runs of both take turns, so that what else the
machine does falls on both; and both use freed memory again, as the stage does (infra/malloc.py)."""

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

from bench.charts import Bar, Bars
from bench.result_files import RESULTS, circumstances, save
from bench.streaming import read_wav, score, shifted
from infra.clock import SystemClock
from infra.malloc import keep_freed
from infra.samples import SPEECH, WHISPER_MICRO
from processors.transcribe.adapters.models import ResolvedModel, resolve_model
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.core.audio.levels import samples_of
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.whisper.mel import HOP, MelFilters
from processors.transcribe.inference import InferencePool
from processors.transcribe.options import transcription_options
from processors.transcribe.settings import TranscribeSettings

OUTPUT = RESULTS / "limit.json"
RECORDINGS = ("answers_1.wav", "answers_2.wav", "answers_3.wav")
BATCHES = (1, 4)
SESSIONS, WINDOWS, ROUNDS = 3, 128, 3
DUE = 8
"""Windows that are due at once."""
INPUTS = {"short": 0, "3000": 3000}
"""Encoder input: as the demo model takes it, and as published models need it."""


@dataclass(frozen=True)
class Bare:
    """One way of using CTranslate2: so many workers of so many threads, each given so many windows at once."""

    workers: int
    threads: int
    batch: int

    def __str__(self) -> str:
        return f"{self.workers} x {self.threads} threads, batch {self.batch}"


@dataclass(frozen=True)
class Input:
    """A window's mel spectrogram, padded for the encoder, and how many of its frames are audio."""

    mel: "np.ndarray[Any, Any]"
    frames: int


class Recording:
    """A recogniser that keeps the windows it is given."""

    def __init__(self, recogniser: WhisperRecogniser) -> None:
        self.windows: list[Window] = []
        self._recogniser = recogniser

    async def transcribe(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        self.windows += windows
        return await self._recogniser.transcribe(windows)


async def record(sessions: int, recogniser: WhisperRecogniser, settings: TranscribeSettings) -> list[Window]:
    """All windows of sessions that speak at the same time, in the order in which they come due."""
    recording, ears = Recording(recogniser), SileroVad()
    options = transcription_options(settings, "bench", recogniser.window_ms)
    for number in range(sessions):
        pcm = shifted(read_wav(SPEECH / RECORDINGS[number % len(RECORDINGS)]), number, sessions)
        await score(recording, ears, options, str(number), pcm, "")
    ears.close()
    return sorted(recording.windows, key=lambda window: window.end_ms)


@dataclass(frozen=True)
class Speed:
    """Windows per second of the clock, and per second of processor time, which other programs change less."""

    per_s: float
    per_cpu_s: float

    @classmethod
    def since(cls, begun_s: float, cpu_s: float, windows: int) -> "Speed":
        return cls(windows / (perf_counter() - begun_s), windows / (process_time() - cpu_s))


async def through_stage(recogniser: WhisperRecogniser, windows: Sequence[Window]) -> Speed:
    """As the service has windows heard of which some are always due: each worker gets a batch as soon as it is
    free."""
    hearing, left = InferencePool(recogniser, SystemClock()), list(windows)
    begun_s, cpu_s = perf_counter(), process_time()
    while left or hearing.tasks:
        while room := hearing.room(min(len(left), DUE)):
            wanted = hearing.kind(left[0])
            alike = [place for place, window in enumerate(left[:DUE]) if hearing.kind(window) == wanted][:room]
            hearing.begin([left[place] for place in alike])
            for place in reversed(alike):
                del left[place]
        await asyncio.wait(hearing.tasks, return_when=asyncio.FIRST_COMPLETED)
        hearing.finished()
    return Speed.since(begun_s, cpu_s, len(windows))


def inputs(model: WhisperModel, windows: Sequence[Window], frames: int) -> list[Input]:
    """What the encoder is to be given, padded as the stage pads it."""
    made, filters = [], MelFilters(model.feature_extractor.mel_filters)
    for window in windows:
        samples = samples_of(window.pcm)
        length = samples.size // HOP
        room = frames or max(500, -(-(length + 50) // 100) * 100)
        made.append(Input(pad_or_trim(filters.spectrogram(samples), room), length))
    return made


def without_stage(model: WhisperModel, way: Bare, given: Sequence[Input], tokenizer: Tokenizer) -> Speed:
    """CTranslate2 alone. Windows of one length go together, as a batch wants it."""
    ordered = sorted(given, key=lambda each: each.mel.shape[1])
    by_length = [list(group) for _, group in groupby(ordered, key=lambda each: each.mel.shape[1])]
    batches = [group[at : at + way.batch] for group in by_length for at in range(0, len(group), way.batch)]
    with ThreadPoolExecutor(way.workers) as pool:
        begun_s, cpu_s = perf_counter(), process_time()
        list(pool.map(lambda batch: _hear(model, batch, tokenizer), batches))
        return Speed.since(begun_s, cpu_s, len(given))


def _hear(model: WhisperModel, batch: Sequence[Input], tokenizer: Tokenizer) -> None:
    whisper, start = model.model, tokenizer.sot_sequence
    encoded = whisper.encode(ctranslate2.StorageView.from_array(np.stack([each.mel for each in batch])))
    results = whisper.generate(encoded, [start] * len(batch), beam_size=1)
    texts = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
    whisper.align(encoded, start, texts, [each.frames for each in batch])


async def compare(model: ResolvedModel, frames: int, sessions: int, count: int, rounds: int) -> dict[str, Any]:
    """Both on the windows of one recorded run, taking turns."""
    settings = TranscribeSettings(device="cpu", encoder_frames=frames, temperature_fallback=False)
    recogniser = WhisperRecogniser(load_model(model, settings), settings)
    recorder = WhisperRecogniser(load_model(model, short := settings.model_copy(update={"encoder_frames": 0})), short)
    windows = (await record(sessions, recorder, settings))[-count:]
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
    ways = [Bare(*layout, batch) for layout in sorted(layouts) for batch in BATCHES]
    stage: list[Speed] = []
    alone: dict[str, list[Speed]] = {str(way): [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            alone[str(way)].append(without_stage(bare[way.workers, way.threads], way, given, tokenizer))
        # After each of the bare runs' turns as many of the stage's, for the machine is not the same all the time.
        stage += [await through_stage(recogniser, windows) for _ in range(3)]
    recogniser.close()
    best = max(alone, key=lambda way: _median(alone[way], "per_s"))
    leanest = max(alone, key=lambda way: _median(alone[way], "per_cpu_s"))
    return {
        "windows": len(windows),
        "stage": _figures(stage),
        "bare": {way: _figures(speeds) for way, speeds in alone.items()},
        "bare_best": best,
        "ratio": round(_median(stage, "per_s") / _median(alone[best], "per_s"), 3),
        "ratio_of_cpu_time": round(_median(stage, "per_cpu_s") / _median(alone[leanest], "per_cpu_s"), 3),
    }


def _median(speeds: Sequence[Speed], figure: Literal["per_s", "per_cpu_s"]) -> float:
    return statistics.median(speed.per_s if figure == "per_s" else speed.per_cpu_s for speed in speeds)


def _figures(speeds: Sequence[Speed]) -> dict[str, Any]:
    each = sorted(speed.per_s for speed in speeds)
    return {
        "windows_per_s": round(_median(speeds, "per_s"), 2),
        "spread_windows_per_s": [round(each[0], 2), round(each[-1], 2)],
        "windows_per_cpu_s": round(_median(speeds, "per_cpu_s"), 2),
    }


def panels(report: Mapping[str, Any]) -> tuple[Bars, ...]:
    """By the clock, with the spread of the runs, and by processor time; an input each, for they differ tenfold."""

    def bars(figures: Mapping[str, Any], figure: str, spread: str) -> list[Bar]:
        ways = {"the stage": figures["stage"], **{f"bare, {way}": each for way, each in figures["bare"].items()}}
        return [Bar(name, each[figure], tuple(each[spread]) if spread else None) for name, each in ways.items()]

    return tuple(
        Bars(
            f"Windows per second, input {name}",
            {
                "of the clock": bars(report[name], "windows_per_s", "spread_windows_per_s"),
                "of processor time": bars(report[name], "windows_per_cpu_s", ""),
            },
        )
        for name in INPUTS
        if name in report
    )


async def measure(sessions: int, windows: int, rounds: int) -> dict[str, Any]:
    """Both on each kind of input."""
    model = resolve_model(str(WHISPER_MICRO))
    found: dict[str, Any] = {}
    for name, frames in INPUTS.items():
        # 3000 frames take ten times as long, so a quarter of the windows must do.
        count = windows if frames == 0 else max(windows // 4, 8)
        found[name] = figures = await compare(model, frames, sessions, count, rounds)
        best = figures["bare_best"]
        print(
            f"input {name}: {figures['stage']['windows_per_s']} windows/s through the stage, "
            f"{figures['bare'][best]['windows_per_s']} by bare CTranslate2 ({best}): ratio {figures['ratio']}, "
            f"of processor time {figures['ratio_of_cpu_time']}",
            flush=True,
        )
    return found


def run(output: Path, sessions: int = SESSIONS, windows: int = WINDOWS, rounds: int = ROUNDS) -> None:
    keep_freed()
    report = {**circumstances(), "sessions": sessions, "rounds": rounds}
    report |= asyncio.run(measure(sessions, windows, rounds))
    save(output, report, panels(report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="sessions whose windows are recorded")
    parser.add_argument("--windows", type=int, default=WINDOWS, help="of them, the last so many are heard again")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    run(OUTPUT, given.sessions, given.windows, given.rounds)


if __name__ == "__main__":
    main()
