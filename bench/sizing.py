"""Windows per second of Whisper's published shapes on this machine, by batch size.

    python -m bench.sizing [--device cpu] [--compute-type int8] [--models base.en,small] [--batches 1,2,4,8,16]
                           [--budget SECONDS]

Random weights, 3000 frames of input, 40 tokens decoded greedily (about those of ten seconds of speech), then alignment.
A batch size that would take longer than the rest of a model's budget is not run, and is listed as such."""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import ctranslate2
import numpy as np

from bench.charts import LineChart, Picture
from bench.random_whisper import END, FRAMES, PROMPT, SHAPES, START_SEQUENCE, WhisperShape, write_model
from bench.result_files import RESULTS, conditions, save
from infra.malloc import keep_freed

TOKENS = 40
NAMES = tuple(shape.name for shape in SHAPES)
BATCHES = (1, 2, 4, 8, 16)
BUDGET_S = 90.0
MODELS, SPEECH = "random weights in published shapes", "random spectrograms"
_REPEATS = 3


def measure(model: Any, shape: WhisperShape, batch: int, repeats: int) -> dict[str, Any]:
    """Median seconds of each step for one batch, and windows per second."""
    mel = np.random.default_rng(0).normal(size=(batch, shape.mels, FRAMES)).astype(np.float32)
    began_cpu_s = process_time()
    rounds = [_round(model, mel) for _ in range(repeats)]
    cpu_s = process_time() - began_cpu_s
    steps_s = {step: round(statistics.median(each[step] for each in rounds), 4) for step in rounds[0]}
    whole_s = [sum(each.values()) for each in rounds]
    return {
        "batch": batch,
        "rounds": repeats,
        "windows_per_s": round(batch / statistics.median(whole_s), 3),
        "spread_windows_per_s": [round(batch / max(whole_s), 3), round(batch / min(whole_s), 3)],
        # On a CPU this depends less on other programs than the windows per second.
        "cpu_s_per_window": round(cpu_s / repeats / batch, 3),
        "step_s": steps_s,
    }


def _round(model: Any, mel: "np.ndarray[Any, Any]") -> dict[str, float]:
    count = len(mel)
    encoded, encode_s = _timed(lambda: model.encode(ctranslate2.StorageView.from_array(mel)))
    results, generate_s = _timed(
        lambda: model.generate(
            encoded,
            [PROMPT] * count,
            beam_size=1,
            max_length=2 * TOKENS,  # CTranslate2 gives text half of it, as Whisper's prompt may take the other.
            suppress_tokens=[END],
            suppress_blank=False,
        )
    )
    texts = [[token for token in result.sequences_ids[0] if token < END] for result in results]
    if any(len(result.sequences_ids[0]) != TOKENS for result in results):
        raise RuntimeError("not every window was decoded to the same length")
    _, align_s = _timed(lambda: model.align(encoded, START_SEQUENCE, texts, [FRAMES // 3] * count))
    return {"encode": encode_s, "generate": generate_s, "align": align_s}


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began_s = perf_counter()
    result = work()
    return result, perf_counter() - began_s


def rounds_in(left_s: float, window_s: float, batches: Sequence[int]) -> int:
    """How often to run the first of these batches so that the others get as many runs; if there is not enough time for
    one run of each, the first ones get theirs."""
    if left_s < batches[0] * window_s:
        return 0
    return min(max(int(left_s / (sum(batches) * window_s)), 1), _REPEATS)


def size(
    shape: WhisperShape, device: str, compute_type: str, batches: Sequence[int], budget_s: float
) -> dict[str, Any]:
    """The figures of one shape."""
    with tempfile.TemporaryDirectory(prefix="rostrum-sizing-") as folder:
        write_model(Path(folder), shape, compute_type)
        threads = len(os.sched_getaffinity(0))
        model = ctranslate2.models.Whisper(folder, device=device, compute_type=compute_type, intra_threads=threads)
        began_s = perf_counter()
        window_s = 1 / measure(model, shape, 1, repeats=1)["windows_per_s"]
        measured, left_out = [], []
        for place, batch in enumerate(batches):
            repeats = rounds_in(budget_s - (perf_counter() - began_s), window_s, batches[place:])
            if not repeats:
                left_out.append(batch)
                continue
            measured.append(measure(model, shape, batch, repeats))
            window_s = 1 / measured[-1]["windows_per_s"]
            print(f"{shape.name:16} batch {batch:3} {measured[-1]['windows_per_s']:8.3f} windows/s", flush=True)
    return {"batches": measured, "not_run_for_want_of_time": left_out}


def picture(result: Mapping[str, Any]) -> Picture:
    """A line per model that was run: its speed by batch size, and the gain over a batch of one."""
    speeds = {
        name: [(each["batch"], each["windows_per_s"]) for each in model["batches"]]
        for name, model in result["models"].items()
        if model["batches"]
    }
    gains = {name: [(batch, speed / points[0][1]) for batch, speed in points] for name, points in speeds.items()}
    return Picture(
        f"Model calls by batch size, {result['device']}, {result['compute_type']}",
        (
            LineChart("Throughput", "windows per batch", "windows per second", speeds, log_x=True),
            LineChart("Gain", "windows per batch", "throughput over a batch of one", gains, log_x=True),
        ),
    )


def run(
    device: str = "cpu",
    compute_type: str = "int8",
    names: Sequence[str] = NAMES,
    batches: Sequence[int] = BATCHES,
    budget_s: float = BUDGET_S,
    output: Path | None = None,
) -> None:
    keep_freed()  # As the transcriber does.
    result = {
        **conditions(MODELS, SPEECH),
        "device": device,
        "compute_type": compute_type,
        "frames": FRAMES,
        "tokens": TOKENS,
        "models": {
            shape.name: size(shape, device, compute_type, batches, budget_s) for shape in SHAPES if shape.name in names
        },
    }
    save(output or RESULTS / f"sizing-{device}-{compute_type}.json", result, picture(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--compute-type", default="int8")
    parser.add_argument("--models", default=",".join(NAMES))
    parser.add_argument("--batches", default=",".join(map(str, BATCHES)))
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds per model, without writing it")
    parser.add_argument("--output", type=Path, help="default: bench/results/sizing-DEVICE-TYPE.json")
    given = parser.parse_args()
    batches = [int(each) for each in given.batches.split(",")]
    run(given.device, given.compute_type, given.models.split(","), batches, given.budget, given.output)


if __name__ == "__main__":
    main()
