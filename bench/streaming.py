"""Word error rate and delay of the streaming transcript on recordings.

    python -m bench.streaming [--model MODEL] [--speech FOLDER] [--beam N] [--policy NAME] [--window-frames N] [--text]

Each recording (of a folder with speakers: each speaker's recordings, joined) goes through the transcriber's own core,
VAD and model in frames of 250 ms, as it would from the log. A word's delay is the time from its end in the audio to the
end of the audio that was available when it became final; the next figure adds the model's time for that window.
`--shifts N` repeats each recording N times with a different offset, so that frames and windows fall differently."""

import argparse
import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.speech_streams import SpeechStream
from bench.workload import add_workload_options, workload_of
from client.accuracy import word_error_rate
from infra.clock import SystemClock
from infra.quantiles import quantile
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.core.session.finals import transcript
from processors.transcribe.core.session.state import TranscriptionOptions
from processors.transcribe.offline import OfflineTranscriber, finals_of, session_log
from processors.transcribe.options import transcription_options
from processors.transcribe.ports import Recogniser, VoiceActivityDetector
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE


@dataclass(frozen=True)
class StreamingScore:
    """The result of one recording."""

    name: str
    reference: str
    hypothesis: str
    delays_s: tuple[float, ...]
    """For each word, in audio time."""
    model_s: tuple[float, ...]
    """For each word, the model's time on top of its delay."""
    windows: int
    audio_s: float
    load: float
    """The model's time per second of audio."""
    longest_s: float
    """The longest window."""


def shifted(pcm: bytes, number: int, of: int) -> bytes:
    """The recording after a silence: this share of a second."""
    return bytes(SAMPLE_RATE * number // of * SAMPLE_BYTES) + pcm


async def score(
    recogniser: Recogniser,
    vad: VoiceActivityDetector,
    options: TranscriptionOptions,
    name: str,
    pcm: bytes,
    reference: str,
) -> StreamingScore:
    """Stream one recording through the core, VAD and the model."""
    transcriber = OfflineTranscriber(options, vad, recogniser, SystemClock())
    (result,) = await transcriber.feed(session_log(pcm, "bench"))
    audio_s = len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
    pairs = zip(result.delays_with_inference_ms, result.delays_ms, strict=True)
    return StreamingScore(
        name=name,
        reference=reference,
        hypothesis=transcript(finals_of(result.transcribed)),
        delays_s=tuple(delay_ms / 1000 for delay_ms in result.delays_ms),
        model_s=tuple((whole_ms - delay_ms) / 1000 for whole_ms, delay_ms in pairs),
        windows=result.windows,
        audio_s=audio_s,
        load=result.inference_ms / 1000 / audio_s,
        longest_s=result.longest_window_ms / 1000,
    )


async def score_all(
    recogniser: Recogniser,
    vad: VoiceActivityDetector,
    options: TranscriptionOptions,
    streams: Sequence[SpeechStream],
    shifts: int,
) -> list[StreamingScore]:
    """Every stream at every shift."""
    return [
        await score(recogniser, vad, options, each.name, shifted(each.pcm, number, shifts), each.text)
        for each in streams
        for number in range(shifts)
    ]


def whole_delays(scores: Sequence[StreamingScore]) -> list[float]:
    """All words' delays including the model's time, in seconds."""
    return [sum(parts) for each in scores for parts in zip(each.delays_s, each.model_s, strict=True)]


def _quantile(values: Sequence[float], share: float) -> float:
    return quantile(values, share) if values else math.nan


def show(scores: Sequence[StreamingScore], with_text: bool) -> None:
    print(f"{'recording':20} {'WER':>6} {'delay p50':>10} {'p90':>6} {'with model':>11} {'load':>6} {'window':>7}")
    for each in scores:
        rate = word_error_rate(each.reference, each.hypothesis) if each.reference else math.nan
        print(
            f"{each.name:20} {rate:6.3f} {_quantile(each.delays_s, 0.5):8.2f} s {_quantile(each.delays_s, 0.9):4.2f} s "
            f"{_quantile(whole_delays([each]), 0.5):9.2f} s {each.load:6.2f} {each.longest_s:5.2f} s"
        )
        if with_text:
            print(f"    reference:  {each.reference}\n    hypothesis: {each.hypothesis}")
    spoken = [each for each in scores if each.reference]
    if spoken:
        delays = whole_delays(spoken)
        rate = word_error_rate([each.reference for each in spoken], [each.hypothesis for each in spoken])
        print(
            f"all: WER {rate:.4f}, "
            f"to final with model p50 {_quantile(delays, 0.5):.2f} s, p95 {_quantile(delays, 0.95):.2f} s, "
            f"{sum(each.windows for each in scores)} windows in {sum(each.audio_s for each in scores):.0f} s of audio"
        )


async def main() -> None:
    known = TranscribeSettings.model_fields
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_workload_options(parser, output=False)
    parser.add_argument("--beam", type=int, default=known["beam_size"].default)
    parser.add_argument("--policy", choices=("local_agreement", "single_pass"), default=known["policy"].default)
    parser.add_argument("--agreement", type=int, default=known["local_agreement_n"].default)
    parser.add_argument("--hold-back-ms", type=int, default=known["hold_back_ms"].default)
    parser.add_argument("--window-frames", type=int, default=known["window_frames"].default)
    parser.add_argument("--endpointing-ms", type=int, default=known["endpointing_ms"].default)
    parser.add_argument("--vad", action=argparse.BooleanOptionalAction, default=known["vad"].default)
    parser.add_argument("--shifts", type=int, default=1)
    parser.add_argument("--text", action="store_true", help="print reference and hypothesis")
    given = parser.parse_args()
    settings = TranscribeSettings(
        workers=1,
        beam_size=given.beam,
        policy=given.policy,
        local_agreement_n=given.agreement,
        hold_back_ms=given.hold_back_ms,
        window_frames=given.window_frames,
        endpointing_ms=given.endpointing_ms,
        vad=given.vad,
    )
    workload = workload_of(given)
    recogniser, vad = WhisperRecogniser(load_model(workload.model, settings), settings), SileroVad()
    options = transcription_options(settings, workload.model.name, recogniser.window_ms)
    show(await score_all(recogniser, vad, options, workload.streams(), given.shifts), given.text)
    vad.close()
    recogniser.close()


if __name__ == "__main__":
    asyncio.run(main())
