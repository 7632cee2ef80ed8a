"""Whether a long session costs more than a short one, and many sessions more than one: the model's time per second of
audio, minute by minute, and by the number of concurrent sessions.

    python -m bench.growth [--minutes N] [--model MODEL] [--speech FOLDER]

Sessions go through the transcriber's own core, VAD and model as fast as they can. Their audio repeats every minute, so
each minute asks the same of the model, and only what the core carries over from earlier audio could differ."""

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

from bench.charts import LineChart, Picture
from bench.result_files import save
from bench.workload import Workload, add_workload_options, workload_of
from infra.clock import SystemClock
from infra.malloc import keep_freed
from infra.settings import load
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.offline import OfflineTranscriber, session_log
from processors.transcribe.options import transcription_options
from processors.transcribe.ports import Recogniser
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

MINUTES = 10
SESSIONS = (1, 8, 32)
GOAL_LAST_OVER_FIRST = 1.05
_HEADINGS = {
    "model_s_per_audio_s": "model s",
    "cpu_s_per_audio_s": "CPU s",
    "window_s_per_audio_s": "audio in windows, s",
}
_MINUTE_BYTES = 60 * SAMPLE_RATE * SAMPLE_BYTES
_SPEECH_S = 56.0
"""Of each minute; the rest is silence, and so a pause: every minute begins as the first one does."""


@dataclass(frozen=True)
class WindowCost:
    """One window, with its share of the time that the model took for its batch."""

    end_ms: int
    """In the session."""
    audio_ms: int
    model_s: float
    """Wall-clock time."""
    cpu_s: float


class TimedRecogniser:
    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.workers, self.max_batch_size = recogniser.workers, recogniser.max_batch_size
        self.batch_key = recogniser.batch_key
        self.costs: list[WindowCost] = []

    async def recognise(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        hypotheses = await self._recogniser.recognise(windows)
        took_s, took_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        self.costs += [
            WindowCost(each.end_ms, each.end_ms - each.start_ms, took_s / len(windows), took_cpu_s / len(windows))
            for each in windows
        ]
        return hypotheses


def a_minute(workload: Workload) -> bytes:
    return workload.speech.stream(0, _SPEECH_S).pcm[:_MINUTE_BYTES].ljust(_MINUTE_BYTES, b"\0")


async def measure(
    workload: Workload, minutes: int, sessions: Sequence[int]
) -> tuple[list[WindowCost], dict[int, list[WindowCost]]]:
    """The windows of one session of this length, and those of concurrent sessions of one minute, by their number."""
    # With one worker, the processor time during a batch is that batch's alone.
    settings = load(TranscribeSettings).model_copy(update={"workers": 1})
    recogniser, vad = WhisperRecogniser(load_model(workload.model, settings), settings), SileroVad()

    async def costs(sessions: int, pcm: bytes) -> list[WindowCost]:
        timed = TimedRecogniser(recogniser)
        options = transcription_options(settings, workload.model.name, recogniser.window_ms)
        transcriber = OfflineTranscriber(options, vad, timed, SystemClock())
        logs = [session_log(pcm, f"session-{number}") for number in range(sessions)]
        await transcriber.feed(chain.from_iterable(zip(*logs, strict=True)))
        return timed.costs

    minute = a_minute(workload)
    try:
        await recogniser.warm_up()
        one = await costs(1, minute * minutes)
        return one, {count: await costs(count, minute) for count in sessions}
    finally:
        vad.close()
        recogniser.close()


def by_minute(costs: Sequence[WindowCost], minutes: int) -> list[dict[str, Any]]:
    return [
        {"minute": minute, **_figures([each for each in costs if (each.end_ms - 1) // 60_000 == minute - 1], 60)}
        for minute in range(1, minutes + 1)
    ]


def _figures(costs: Sequence[WindowCost], audio_s: float) -> dict[str, float]:
    """Per second of the sessions' audio: the model's time, and the audio in its windows, which does not depend on the
    machine's load."""
    return {
        "windows": len(costs),
        "model_s_per_audio_s": round(sum(each.model_s for each in costs) / audio_s, 4),
        "cpu_s_per_audio_s": round(sum(each.cpu_s for each in costs) / audio_s, 4),
        "window_s_per_audio_s": round(sum(each.audio_ms for each in costs) / 1000 / audio_s, 3),
    }


def run(output: Path, workload: Workload, minutes: int, sessions: Sequence[int] = SESSIONS) -> None:
    keep_freed()  # As the transcriber does.
    console = Console()
    measured = workload.conditions()
    one, several = asyncio.run(measure(workload, minutes, sessions))
    found = by_minute(one, minutes)
    ratios = {name: round(found[-1][name] / found[0][name], 3) for name in _HEADINGS}
    by_sessions = [{"sessions": each, **_figures(costs, 60 * each)} for each, costs in several.items()]
    result = {**measured, "last_over_first": ratios, "minutes": found, "sessions": by_sessions}
    save(output, result, picture(result))
    console.print(_table("minute", found, "One session, per second"))
    console.print(f"last over first: {', '.join(f'{_HEADINGS[name]} {ratio:.2f}' for name, ratio in ratios.items())}")
    console.print(_table("sessions", by_sessions, "Concurrent sessions, per second"))


def picture(result: Mapping[str, Any]) -> Picture:
    kinds = {"wall clock": "model_s_per_audio_s", "CPU": "cpu_s_per_audio_s"}

    def series(rows: Sequence[Mapping[str, Any]], x: str) -> dict[str, list[tuple[float, float]]]:
        return {name: [(row[x], row[figure]) for row in rows] for name, figure in kinds.items()}

    goal = result["minutes"][0]["model_s_per_audio_s"] * GOAL_LAST_OVER_FIRST
    y_label = "model seconds per second of audio"
    return Picture(
        "The cost of long sessions, and of many",
        (
            LineChart("One session, minute by minute", "minute", y_label, series(result["minutes"], "minute"), goal),
            LineChart(
                "Concurrent sessions of a minute",
                "sessions",
                y_label,
                series(result["sessions"], "sessions"),
                log_x=True,
            ),
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
    parser.add_argument("--minutes", type=int, default=MINUTES, help="length of the long session")
    parser.add_argument("--sessions", type=int, nargs="+", default=list(SESSIONS), help="counts of concurrent sessions")
    add_workload_options(parser)
    given = parser.parse_args()
    workload = workload_of(given)
    run(given.output or workload.result_file("growth"), workload, given.minutes, given.sessions)


if __name__ == "__main__":
    main()
