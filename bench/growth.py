"""Whether a long session costs more than a short one: the model's time per second of audio, minute by minute.

    python -m bench.growth [--minutes N]

One session goes through the transcriber's own core, voice filter and model as fast as they can. Its audio repeats every
minute, so that each minute asks the same of the model, and only what the core sends along of what came before could
differ."""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.machine import describe
from bench.peers.streams import stream
from bench.streaming import log_of
from cli.own_stack import DEMO_MODEL
from cli.replay_run import Replay
from infra.clock import SystemClock
from infra.settings import load
from processors.transcribe.adapters.models import resolve_model
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero import SileroFilter
from processors.transcribe.core.streams import Streams
from processors.transcribe.core.windows import Hypothesis, Window
from processors.transcribe.options import stream_options
from processors.transcribe.service import Recogniser
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

RESULT = Path(__file__).parent / "results" / "growth.json"
MINUTES = 10
_MINUTE_BYTES = 60 * SAMPLE_RATE * SAMPLE_BYTES


@dataclass(frozen=True)
class Heard:
    """One window: its end in the session, its length, and what the model took for it."""

    end_ms: int
    audio_ms: int
    model_s: float
    cpu_s: float


class Timed:
    """A recogniser that is watched at work."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.heard: list[Heard] = []

    async def transcribe(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        """Called with one window at a time."""
        (window,) = windows
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        hypotheses = await self._recogniser.transcribe(windows)
        took_s, took_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        self.heard.append(Heard(window.end_ms, window.end_ms - window.start_ms, took_s, took_cpu_s))
        return hypotheses


def a_minute() -> bytes:
    return stream(0, 66.0).pcm[:_MINUTE_BYTES].ljust(_MINUTE_BYTES, b"\0")


async def measure(minutes: int) -> list[Heard]:
    settings = load(TranscribeSettings).model_copy(update={"coalesce": "off"})
    model = resolve_model(str(DEMO_MODEL))
    recogniser, voice = WhisperRecogniser(load_model(model, settings), settings), SileroFilter()
    try:
        await recogniser.warm_up()
        timed = Timed(recogniser)
        streams = Streams(stream_options(settings, model.name, recogniser.window_ms))
        await Replay(streams, voice, timed, SystemClock(), at_once=1).take(log_of(a_minute() * minutes))
        return timed.heard
    finally:
        voice.close()
        recogniser.close()


def by_minute(heard: Sequence[Heard], minutes: int) -> list[dict[str, Any]]:
    """Per second of the session's audio: seconds of the clock and of processors that the model took, and seconds of
    audio that it was given, which no other load on the machine can change."""
    found = []
    for minute in range(1, minutes + 1):
        inside = [each for each in heard if (each.end_ms - 1) // 60_000 == minute - 1]
        found.append(
            {
                "minute": minute,
                "windows": len(inside),
                "model_s_per_audio_s": round(sum(each.model_s for each in inside) / 60, 4),
                "cpu_s_per_audio_s": round(sum(each.cpu_s for each in inside) / 60, 4),
                "heard_s_per_audio_s": round(sum(each.audio_ms for each in inside) / 60_000, 3),
            }
        )
    return found


def run(output: Path, minutes: int) -> None:
    console = Console()
    found = by_minute(asyncio.run(measure(minutes)), minutes)
    first, last = found[0], found[-1]
    ratios = {
        name: round(last[name] / first[name], 3)
        for name in ("model_s_per_audio_s", "cpu_s_per_audio_s", "heard_s_per_audio_s")
    }
    report = {"machine": describe(), "last_over_first": ratios, "minutes": found}
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(_table(found, ratios))
    console.print(f"written to {output}")


def _table(found: Sequence[dict[str, Any]], ratios: dict[str, float]) -> Table:
    shown = Table(title="One session, per second of its audio", show_footer=True)
    shown.add_column("minute", footer="last / first", justify="right")
    for name, heading in (
        ("model_s_per_audio_s", "model s"),
        ("cpu_s_per_audio_s", "CPU s"),
        ("heard_s_per_audio_s", "audio heard, s"),
    ):
        shown.add_column(heading, footer=f"{ratios[name]:.2f}", justify="right")
    for row in found:
        figures = (row["model_s_per_audio_s"], row["cpu_s_per_audio_s"], row["heard_s_per_audio_s"])
        shown.add_row(str(row["minute"]), *(f"{figure:.3f}" for figure in figures))
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=MINUTES, help="length of the session")
    run(RESULT, parser.parse_args().minutes)


if __name__ == "__main__":
    main()
