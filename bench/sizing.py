"""Windows per second of Whisper's published shapes on this machine, by batch size.

    python -m bench.sizing [--device cpu] [--compute-type int8] [--models base.en,small] [--batches 1,2,4,8,16]
                           [--budget SECONDS]

Random weights, 3000 frames of input, 40 tokens decoded greedily (about what ten seconds of speech have), then
aligned. A batch size that would take longer than what is left of a model's budget is not run, and listed as such."""

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

from bench.charts import Lines
from bench.random_whisper import END, FRAMES, PROMPT, SHAPES, START_SEQUENCE, Shape, write_model
from bench.result_files import RESULTS, circumstances, save
from infra.malloc import keep_freed

TOKENS = 40
NAMES = tuple(shape.name for shape in SHAPES)
BATCHES = (1, 2, 4, 8, 16)
BUDGET_S = 90.0
_REPEATS = 3


def measure(model: Any, shape: Shape, batch: int, repeats: int) -> dict[str, Any]:
    """Median seconds of each step for one batch, and windows per second."""
    mel = np.random.default_rng(0).normal(size=(batch, shape.mels, FRAMES)).astype(np.float32)
    begun_cpu_s = process_time()
    rounds = [_round(model, mel) for _ in range(repeats)]
    cpu_s = process_time() - begun_cpu_s
    steps_s = {step: round(statistics.median(each[step] for each in rounds), 4) for step in rounds[0]}
    whole_s = [sum(each.values()) for each in rounds]
    return {
        "batch": batch,
        "rounds": repeats,
        "windows_per_s": round(batch / statistics.median(whole_s), 3),
        "spread_windows_per_s": [round(batch / max(whole_s), 3), round(batch / min(whole_s), 3)],
        # On a CPU, others on the machine change this less than the windows per second.
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
        raise RuntimeError("the decoded length was to be the same for all")
    _, align_s = _timed(lambda: model.align(encoded, START_SEQUENCE, texts, [FRAMES // 3] * count))
    return {"encode": encode_s, "generate": generate_s, "align": align_s}


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun_s = perf_counter()
    result = work()
    return result, perf_counter() - begun_s


def rounds_in(left_s: float, window_s: float, batches: Sequence[int]) -> int:
    """How often the first of these batches is to be run, so that the others have as many runs; if all have not the
    time for one, at least those that come first have it."""
    if left_s < batches[0] * window_s:
        return 0
    return min(max(int(left_s / (sum(batches) * window_s)), 1), _REPEATS)


def size(shape: Shape, device: str, compute_type: str, batches: Sequence[int], budget_s: float) -> dict[str, Any]:
    """The figures of one shape."""
    with tempfile.TemporaryDirectory(prefix="rostrum-sizing-") as folder:
        write_model(Path(folder), shape, compute_type)
        threads = len(os.sched_getaffinity(0))
        model = ctranslate2.models.Whisper(folder, device=device, compute_type=compute_type, intra_threads=threads)
        begun_s = perf_counter()
        window_s = 1 / measure(model, shape, 1, repeats=1)["windows_per_s"]
        measured, left_out = [], []
        for place, batch in enumerate(batches):
            repeats = rounds_in(budget_s - (perf_counter() - begun_s), window_s, batches[place:])
            if not repeats:
                left_out.append(batch)
                continue
            measured.append(measure(model, shape, batch, repeats))
            window_s = 1 / measured[-1]["windows_per_s"]
            print(f"{shape.name:16} batch {batch:3} {measured[-1]['windows_per_s']:8.3f} windows/s", flush=True)
    return {"batches": measured, "not_run_for_want_of_time": left_out}


def panels(report: Mapping[str, Any]) -> tuple[Lines, ...]:
    """A line per model that was run: its speed by batch size, and how much a batch makes of it."""
    speeds = {
        name: [(each["batch"], each["windows_per_s"]) for each in model["batches"]]
        for name, model in report["models"].items()
        if model["batches"]
    }
    gains = {name: [(batch, speed / points[0][1]) for batch, speed in points] for name, points in speeds.items()}
    return (
        Lines("Windows per second", "windows in a batch", speeds, doublings=True),
        Lines("Over a batch of one", "windows in a batch", gains, doublings=True),
    )


def markdown(report: Mapping[str, Any]) -> str:
    """By model and batch, for the README: windows per second, and how many processor seconds one takes."""
    batches = sorted({each["batch"] for model in report["models"].values() for each in model["batches"]})
    lines = [
        ("model", *(f"batch {batch}" for batch in batches)),
        ("---",) * (1 + len(batches)),
        *((name, *_cells(model["batches"], batches)) for name, model in report["models"].items()),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(measured: Sequence[Mapping[str, Any]], batches: Sequence[int]) -> list[str]:
    found = {each["batch"]: f"{each['windows_per_s']:.2f} ({each['cpu_s_per_window']:.1f} s)" for each in measured}
    return [found.get(batch, "not run") for batch in batches]


def run(
    device: str = "cpu",
    compute_type: str = "int8",
    names: Sequence[str] = NAMES,
    batches: Sequence[int] = BATCHES,
    budget_s: float = BUDGET_S,
) -> None:
    keep_freed()  # As the transcriber does.
    report = {
        **circumstances(),
        "device": device,
        "compute_type": compute_type,
        "frames": FRAMES,
        "tokens": TOKENS,
        "models": {
            shape.name: size(shape, device, compute_type, batches, budget_s) for shape in SHAPES if shape.name in names
        },
    }
    print(markdown(report))
    save(RESULTS / f"sizing_{device}_{compute_type}.json", report, panels(report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--compute-type", default="int8")
    parser.add_argument("--models", default=",".join(NAMES))
    parser.add_argument("--batches", default=",".join(map(str, BATCHES)))
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds per model, without writing it")
    given = parser.parse_args()
    batches = [int(each) for each in given.batches.split(",")]
    run(given.device, given.compute_type, given.models.split(","), batches, given.budget)


if __name__ == "__main__":
    main()
