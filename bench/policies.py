"""The policies compared: how soon a word is final, and how many words are wrong, by policy and spacing of windows.

    python -m bench.policies [--shifts N] [--model NAME]

All bundled recordings, each at several shifts against the windows, go through the core, the voice filter and the model
one after the other; nothing is left to chance, so a difference between two rows is the policy's. Delays are from a
word's end to the end of the audio that made it final: what the policy costs. The model's time comes on top, once."""

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

from bench.charts import Lines
from bench.result_files import RESULTS, circumstances, save
from bench.streaming import Score, bundled_texts, quantile, score_all
from client.accuracy import word_error_rate
from infra.samples import SPEECH, WHISPER_MICRO
from processors.transcribe.adapters.models import resolve_model
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.options import transcription_options
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_MS

OUTPUT = RESULTS / "policies.json"
SHIFTS = 3
SPACINGS = (2, 4, 12)
"""Frames: while the model has time, while it is busy, and when windows have to wait for their turn."""
POLICIES: tuple[dict[str, Any], ...] = (
    {"policy": "local_agreement", "local_agreement_n": 2},
    {"policy": "local_agreement", "local_agreement_n": 3},
    {"policy": "single_pass", "hold_back_ms": 300},
    {"policy": "single_pass", "hold_back_ms": 500},
    {"policy": "single_pass", "hold_back_ms": 600},
    {"policy": "single_pass", "hold_back_ms": 700},
)


def figures(scores: Sequence[Score]) -> dict[str, float]:
    """What all recordings together come to. Recordings in which nothing is said count for their windows alone."""
    spoken = [each for each in scores if each.said]
    delays = [delay for each in spoken for delay in each.delays_s]
    return {
        "delay_p50_s": round(statistics.median(delays), 3),
        "delay_p95_s": round(quantile(delays, 0.95), 3),
        "wer": round(word_error_rate([each.said for each in spoken], [each.heard for each in spoken]), 4),
        "windows_per_audio_s": round(sum(each.windows for each in scores) / sum(each.audio_s for each in scores), 3),
    }


async def measure(model_name: str, shifts: int, console: Console) -> list[dict[str, Any]]:
    """One row per policy and spacing."""
    model, ears = resolve_model(model_name), SileroVad()
    files = [SPEECH / name for name in bundled_texts()]
    rows = []
    for frames, policy in product(SPACINGS, POLICIES):
        settings = TranscribeSettings(workers=1, window_frames=frames, **policy)
        recogniser = WhisperRecogniser(load_model(model, settings), settings)
        options = transcription_options(settings, model.name, recogniser.window_ms)
        began_s = time.monotonic()
        row = {"window_frames": frames, **policy, **figures(await score_all(recogniser, ears, options, files, shifts))}
        recogniser.close()
        console.print(f"  {row} in {time.monotonic() - began_s:.0f} s")
        rows.append(row)
    ears.close()
    return rows


def table(rows: Sequence[dict[str, Any]]) -> Table:
    shown = Table(title="Policies")
    for heading in ("policy", "windows every", "final p50", "p95", "WER", "windows per s"):
        shown.add_column(heading, justify="right")
    for row in rows:
        shown.add_row(
            _name(row),
            f"{row['window_frames'] * FRAME_MS} ms",
            f"{row['delay_p50_s']:.2f} s",
            f"{row['delay_p95_s']:.2f} s",
            f"{row['wer']:.2%}",
            f"{row['windows_per_audio_s']:.2f}",
        )
    return shown


def _name(row: Mapping[str, Any]) -> str:
    return (
        f"agreement of {row['local_agreement_n']}"
        if "local_agreement_n" in row
        else f"single pass, {row['hold_back_ms']} ms"
    )


def panels(rows: Sequence[Mapping[str, Any]]) -> tuple[Lines, ...]:
    """A line per policy, over the spacing of windows."""

    def series(figure: str, times: float) -> dict[str, list[tuple[float, float]]]:
        names = dict.fromkeys(_name(row) for row in rows)
        return {
            name: [(row["window_frames"] * FRAME_MS / 1000, times * row[figure]) for row in rows if _name(row) == name]
            for name in names
        }

    across = "a window every so many seconds"
    return (
        Lines("A word's end to its final, median", across, series("delay_p50_s", 1), unit="s"),
        Lines("The same, 95th percentile", across, series("delay_p95_s", 1), unit="s"),
        Lines("Word error rate", across, series("wer", 100), unit="%"),
    )


def run(output: Path, shifts: int = SHIFTS, model: str = str(WHISPER_MICRO)) -> None:
    console, measured = Console(), circumstances()
    rows = asyncio.run(measure(model, shifts, console))
    console.print(table(rows))
    save(output, {**measured, "shifts": shifts, "rows": rows}, panels(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shifts", type=int, default=SHIFTS, help="times that each recording is heard, shifted")
    parser.add_argument("--model", default=str(WHISPER_MICRO), help="as TRANSCRIBE_MODEL; default: the demo recogniser")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()
    run(given.output, given.shifts, given.model)


if __name__ == "__main__":
    main()
