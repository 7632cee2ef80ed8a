"""The policies compared: how soon a word is final, and how many words are wrong, by policy and window spacing.

    python -m bench.policies [--shifts N] [--model MODEL] [--speech FOLDER [--streams N]]

All recordings, each at several offsets against the windows, go through the core, VAD and the model one after the other.
Nothing is left to chance, so a difference between two rows comes from the policy. Delays run from a word's end to the
end of the audio that made it final: this is what the policy costs. The model's time comes on top, once."""

import argparse
import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.charts import LineChart, Picture
from bench.result_files import save
from bench.streaming import StreamingScore, score_all
from bench.workload import Workload, add_workload_options, workload_of
from client.accuracy import word_error_rate
from infra.quantiles import quantile
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.options import transcription_options
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_MS

SHIFTS = 3
SPACINGS = (2, 4, 12)
"""Frames: of an idle model, of a busy one, and under overload, when windows have to wait for their turn."""
POLICIES: tuple[dict[str, Any], ...] = (
    {"policy": "local_agreement", "local_agreement_n": 2},
    {"policy": "local_agreement", "local_agreement_n": 3},
    {"policy": "single_pass", "hold_back_ms": 300},
    {"policy": "single_pass", "hold_back_ms": 500},
    {"policy": "single_pass", "hold_back_ms": 600},
    {"policy": "single_pass", "hold_back_ms": 700},
)


def figures(scores: Sequence[StreamingScore]) -> dict[str, Any]:
    """Of all recordings together. Recordings without speech count for their windows alone."""
    spoken = [each for each in scores if each.reference]
    delays = [delay for each in spoken for delay in each.delays_s]
    return {
        "delay_p50_s": round(statistics.median(delays), 3),
        "delay_p95_s": round(quantile(delays, 0.95), 3),
        "wer": round(word_error_rate([each.reference for each in spoken], [each.hypothesis for each in spoken]), 4),
        "windows_per_audio_s": round(sum(each.windows for each in scores) / sum(each.audio_s for each in scores), 3),
    }


async def measure(workload: Workload, shifts: int, console: Console) -> list[dict[str, Any]]:
    """One row per policy and window spacing."""
    model, streams, vad = workload.model, workload.streams(), SileroVad()
    rows = []
    for frames, policy in product(SPACINGS, POLICIES):
        settings = TranscribeSettings(workers=1, window_frames=frames, **policy)
        recogniser = WhisperRecogniser(load_model(model, settings), settings)
        options = transcription_options(settings, model.name, recogniser.window_ms)
        began_s = time.monotonic()
        scores = await score_all(recogniser, vad, options, streams, shifts)
        row = {"window_frames": frames, **policy, **figures(scores)}
        recogniser.close()
        console.print(f"  {row} in {time.monotonic() - began_s:.0f} s")
        rows.append(row)
    vad.close()
    return rows


def table(rows: Sequence[dict[str, Any]]) -> Table:
    shown = Table(title="Policies")
    for heading in ("policy", "windows every", "final p50", "p95", "WER", "windows per s"):
        shown.add_column(heading, justify="right")
    for row in rows:
        shown.add_row(
            policy_name(row),
            f"{row['window_frames'] * FRAME_MS} ms",
            f"{row['delay_p50_s']:.2f} s",
            f"{row['delay_p95_s']:.2f} s",
            f"{row['wer']:.2%}",
            f"{row['windows_per_audio_s']:.2f}",
        )
    return shown


def policy_name(row: Mapping[str, Any]) -> str:
    return (
        f"agreement of {row['local_agreement_n']}"
        if "local_agreement_n" in row
        else f"single pass, {row['hold_back_ms']} ms"
    )


def picture(result: Mapping[str, Any]) -> Picture:
    """A line per policy, over the window spacing."""
    rows = result["rows"]

    def series(figure: str, times: float) -> dict[str, list[tuple[float, float]]]:
        names = dict.fromkeys(policy_name(row) for row in rows)
        return {
            name: [
                (row["window_frames"] * FRAME_MS / 1000, times * row[figure])
                for row in rows
                if policy_name(row) == name
            ]
            for name in names
        }

    x_label = "a window every … seconds"
    return Picture(
        "Policies: delay and word error rate by window spacing",
        (
            LineChart("Word's end to its final, median", x_label, "audio time (s)", series("delay_p50_s", 1)),
            LineChart("Word's end to its final, p95", x_label, "audio time (s)", series("delay_p95_s", 1)),
            LineChart("Word error rate", x_label, "errors per word (%)", series("wer", 100)),
        ),
    )


def run(output: Path, workload: Workload, shifts: int = SHIFTS) -> None:
    console, measured = Console(), workload.conditions()
    rows = asyncio.run(measure(workload, shifts, console))
    console.print(table(rows))
    result = {**measured, "shifts": shifts, "rows": rows}
    save(output, result, picture(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shifts", type=int, default=SHIFTS, help="offsets of each recording")
    add_workload_options(parser)
    given = parser.parse_args()
    workload = workload_of(given)
    run(given.output or workload.result_file("policies"), workload, given.shifts)


if __name__ == "__main__":
    main()
