"""Whether a long session costs more than a short one, and many sessions more than one: the model's time per second of
audio, minute by minute, and by sessions at once.

    python -m bench.growth [--minutes N]

Sessions go through the transcriber's own core, voice filter and model as fast as they can. Their audio repeats every
minute, so that each minute asks the same of the model, and only what the core sends along of what came before could
differ."""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.charts import Lines
from bench.result_files import RESULTS, circumstances, save
from bench.speech_streams import stream
from bench.streaming import log_of
from cli.replay.run import Recogniser, Replay
from infra.clock import SystemClock
from infra.malloc import keep_freed
from infra.samples import WHISPER_MICRO
from infra.settings import load
from processors.transcribe.adapters.models import resolve_model
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.options import transcription_options
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

RESULT = RESULTS / "growth.json"
MINUTES = 10
SESSIONS = (1, 8, 32)
_HEADINGS = {
    "model_s_per_audio_s": "model s",
    "cpu_s_per_audio_s": "CPU s",
    "heard_s_per_audio_s": "audio heard, s",
}
_MINUTE_BYTES = 60 * SAMPLE_RATE * SAMPLE_BYTES


@dataclass(frozen=True)
class Heard:
    """One window: its end in the session, its length, and its share of what the model took for its round: seconds of
    the clock and of processors."""

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
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        hypotheses = await self._recogniser.transcribe(windows)
        took_s, took_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        self.heard += [
            Heard(each.end_ms, each.end_ms - each.start_ms, took_s / len(windows), took_cpu_s / len(windows))
            for each in windows
        ]
        return hypotheses


def a_minute() -> bytes:
    """Speech, and at the end silence enough for a pause: every minute begins as the first one does."""
    return stream(0, 56.0).pcm.ljust(_MINUTE_BYTES, b"\0")


async def measure(minutes: int) -> tuple[list[Heard], dict[int, list[Heard]]]:
    """The windows of one session of so many minutes, and those of sessions of one minute, by how many there were."""
    settings = load(TranscribeSettings).model_copy(update={"coalesce_windows": False})
    model = resolve_model(str(WHISPER_MICRO))
    recogniser, voice = WhisperRecogniser(load_model(model, settings), settings), SileroVad()

    async def heard(sessions: int, pcm: bytes) -> list[Heard]:
        timed = Timed(recogniser)
        streams = SessionRegistry(transcription_options(settings, model.name, recogniser.window_ms))
        replay = Replay(streams, voice, timed, SystemClock(), at_once=recogniser.round_windows)
        logs = [log_of(pcm, f"session-{number}") for number in range(sessions)]
        await replay.take(chain.from_iterable(zip(*logs, strict=True)))
        return timed.heard

    try:
        await recogniser.warm_up()
        one = await heard(1, a_minute() * minutes)
        return one, {sessions: await heard(sessions, a_minute()) for sessions in SESSIONS}
    finally:
        voice.close()
        recogniser.close()


def by_minute(heard: Sequence[Heard], minutes: int) -> list[dict[str, Any]]:
    return [
        {"minute": minute, **_figures([each for each in heard if (each.end_ms - 1) // 60_000 == minute - 1], 60)}
        for minute in range(1, minutes + 1)
    ]


def _figures(heard: Sequence[Heard], audio_s: float) -> dict[str, float]:
    """Per second of the sessions' audio: what the model took, and seconds of audio that it was given, which no other
    load on the machine can change."""
    return {
        "windows": len(heard),
        "model_s_per_audio_s": round(sum(each.model_s for each in heard) / audio_s, 4),
        "cpu_s_per_audio_s": round(sum(each.cpu_s for each in heard) / audio_s, 4),
        "heard_s_per_audio_s": round(sum(each.audio_ms for each in heard) / 1000 / audio_s, 3),
    }


def run(output: Path, minutes: int) -> None:
    keep_freed()  # As the transcriber does.
    console = Console()
    measured = circumstances()
    one, several = asyncio.run(measure(minutes))
    found = by_minute(one, minutes)
    ratios = {name: round(found[-1][name] / found[0][name], 3) for name in _HEADINGS}
    by_sessions = [{"sessions": each, **_figures(heard, 60 * each)} for each, heard in several.items()]
    report = {**measured, "last_over_first": ratios, "minutes": found, "sessions": by_sessions}
    save(output, report, panels(report))
    console.print(_table("minute", found, "One session, per second"))
    console.print(f"last over first: {', '.join(f'{_HEADINGS[name]} {ratio:.2f}' for name, ratio in ratios.items())}")
    console.print(_table("sessions", by_sessions, "Sessions at once, per second"))


def panels(report: Mapping[str, Any]) -> tuple[Lines, ...]:
    kinds = {"by the clock": "model_s_per_audio_s", "of processors": "cpu_s_per_audio_s"}

    def series(rows: Sequence[Mapping[str, Any]], across: str) -> dict[str, list[tuple[float, float]]]:
        return {name: [(row[across], row[figure]) for row in rows] for name, figure in kinds.items()}

    return (
        Lines("Model seconds per second of one session", "minute", series(report["minutes"], "minute"), unit="s"),
        Lines(
            "Model seconds per second of audio",
            "sessions at once",
            series(report["sessions"], "sessions"),
            unit="s",
            doublings=True,
        ),
    )


def _table(first: str, rows: Sequence[dict[str, Any]], title: str) -> Table:
    shown = Table(title=title)
    for heading in (first, *_HEADINGS.values()):
        shown.add_column(heading, justify="right")
    for row in rows:
        shown.add_row(str(row[first]), *(f"{row[name]:.3f}" for name in _HEADINGS))
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=MINUTES, help="length of the session")
    run(RESULT, parser.parse_args().minutes)


if __name__ == "__main__":
    main()
