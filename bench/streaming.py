"""Word error rate and delay of the streaming transcript on recordings.

    python -m bench.streaming [--model FOLDER_OR_NAME] [--beam N] [--text] [FILE.wav …]

Each recording goes through the transcriber's own core and the real model, in frames of 250 ms, as it would from the
log; without a name, the bundled ones. A word's delay is the time from its end in the audio to the end of the audio
that was there when it became certain; the next figure adds the time the model took for that window."""

import argparse
import asyncio
import json
import statistics
import time
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.accuracy import word_error_rate
from processors.transcribe.adapters.models import DEMO_MODEL, resolve_model
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.core.agreement import LocalAgreement
from processors.transcribe.core.finals import transcript
from processors.transcribe.core.records import Body, Frame, LogRecord, Start
from processors.transcribe.core.state import StreamOptions
from processors.transcribe.core.stream import begin, receive, settle
from processors.transcribe.core.trimming import WindowLimits
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, SAMPLE_RATE
from schemas.sessions import EndCause, SessionEnded, SessionStarted

SPEECH = Path(__file__).parents[1] / "samples" / "whisper-micro" / "speech"


@dataclass(frozen=True)
class Score:
    """One recording's result. `delays_s` and `model_s` have an entry per word, in seconds: audio time, and what the
    model took on top of it. `load` is the model's time per second of audio, `longest_s` the longest window."""

    name: str
    said: str
    heard: str
    delays_s: tuple[float, ...]
    model_s: tuple[float, ...]
    load: float
    longest_s: float


def read_wav(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (SAMPLE_RATE, 1, SAMPLE_BYTES):
            raise SystemExit(f"{path}: wanted 16 kHz, mono, 16 bit")
        pcm: bytes = file.readframes(file.getnframes())
        return pcm


def log_of(pcm: bytes) -> Iterator[LogRecord]:
    """The records of a session in which this was spoken in real time."""
    starts = range(0, len(pcm), FRAME_BYTES)
    started = SessionStarted(
        event_id="start",
        at_ms=0,
        session_id="bench",
        user_id="bench",
        display_name="bench",
        org="",
        groups=(),
        mode="practice",
        competition=None,
        language="en",
        topic=None,
        question_count=0,
    )
    frames = (Frame(seq, pcm[at : at + FRAME_BYTES]) for seq, at in enumerate(starts))
    ended = SessionEnded(event_id="end", at_ms=0, session_id="bench", cause=EndCause.CLIENT)
    bodies: list[Body] = [Start(started, "bench", 0), *frames, ended]
    for offset, body in enumerate(bodies):
        yield LogRecord("bench", 0, offset, offset * FRAME_MS, body)


async def score(recogniser: WhisperRecogniser, limits: WindowLimits, path: Path, said: str) -> Score:
    """Stream one recording through the core and the model."""
    pcm = read_wav(path)
    first, *records = log_of(pcm)
    if not isinstance(first.body, Start):
        raise TypeError("a log begins with a start")
    stream, _ = begin(StreamOptions("bench", limits, LocalAgreement), first, first.body)
    delays_s: list[float] = []
    model_s: list[float] = []
    spent_s = longest_s = 0.0
    for record in records:
        stream, _ = receive(stream, record)
        window = stream.window
        if window is None:
            continue
        begun_s = time.perf_counter()
        (hypothesis,) = await recogniser.transcribe([window])
        took_s = time.perf_counter() - begun_s
        known = len(stream.finals)
        stream, _ = settle(stream, window, hypothesis)
        certain = [word for final in stream.finals[known:] for word in final.words]
        delays_s += [(window.end_ms - word.end_ms) / 1000 for word in certain]
        model_s += [took_s for _ in certain]
        spent_s += took_s
        longest_s = max(longest_s, (window.end_ms - window.start_ms) / 1000)
    audio_s = len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
    heard = transcript(stream.finals)
    return Score(path.name, said, heard, tuple(delays_s), tuple(model_s), spent_s / audio_s, longest_s)


def show(scores: Sequence[Score], with_text: bool) -> None:
    print(f"{'recording':20} {'WER':>6} {'delay p50':>10} {'p90':>6} {'with model':>11} {'load':>6} {'window':>7}")
    for each in scores:
        rate = word_error_rate(each.said, each.heard) if each.said else float("nan")
        delays = sorted(each.delays_s) or [float("nan")]
        whole = [sum(parts) for parts in zip(each.delays_s, each.model_s, strict=True)] or delays
        print(
            f"{each.name:20} {rate:6.3f} {statistics.median(delays):8.2f} s {delays[len(delays) * 9 // 10]:4.2f} s "
            f"{statistics.median(whole):9.2f} s {each.load:6.2f} {each.longest_s:5.2f} s"
        )
        if with_text:
            print(f"    said:  {each.said}\n    heard: {each.heard}")


async def main() -> None:
    texts = {
        entry["file"]: entry["text"]
        for entry in map(json.loads, (SPEECH / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[SPEECH / name for name in texts])
    parser.add_argument("--model", default=str(DEMO_MODEL), help="as TRANSCRIBE_MODEL; default: the demo recogniser")
    parser.add_argument("--beam", type=int, default=TranscribeSettings.model_fields["beam_size"].default)
    parser.add_argument("--text", action="store_true", help="print what was said and what was heard")
    given = parser.parse_args()
    settings = TranscribeSettings(beam_size=given.beam, workers=1)
    recogniser = WhisperRecogniser(load_model(resolve_model(given.model), settings), settings)
    limits = WindowLimits.for_model(recogniser.window_ms)
    show([await score(recogniser, limits, path, texts.get(path.name, "")) for path in given.files], given.text)
    recogniser.close()


if __name__ == "__main__":
    asyncio.run(main())
