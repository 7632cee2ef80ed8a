"""faster-whisper, off the event loop: windows of any sessions in batches, each one call of the model.

On a GPU a batch costs hardly more than a window. On a CPU it costs as much as its windows one after the other, so
there are workers for several batches, each a thread with its own worker of the model."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel

from infra.errors import SettingsError, Unavailable
from infra.telemetry import get_logger
from processors.transcribe import metrics
from processors.transcribe.adapters.batched_whisper import BatchedWhisper, BatchKey, DecodingOptions
from processors.transcribe.adapters.models import ResolvedModel
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.batching import batches
from processors.transcribe.core.whisper.hallucination_filters import judged
from processors.transcribe.core.whisper.recognition import Recognition
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import SAMPLE_RATE

_LOG = get_logger(__name__)
_FAILURES_TO_STOP = 20
"""So many windows in a row that cannot be heard are the model's fault, not the windows'."""
_PUBLISHED_FRAMES = 3000
_DEMO_FRAMES = 500
"""Whisper's published models know only inputs of 30 s, so shorter windows are padded. The demo recogniser was trained
on shorter inputs too: with its windows rounded up to whole seconds, of 5 at least, it made no more errors on 32
shifted recordings (1.1 % of words, 1.2 % with 3000 frames) and takes a fraction of the time."""


class BatchModel(Protocol):
    """A model that hears windows of one kind in one batch."""

    @property
    def window_ms(self) -> int: ...

    @property
    def on_gpu(self) -> bool: ...

    @property
    def is_short(self) -> bool: ...

    def kind(self, window: Window) -> BatchKey: ...

    def hear(self, windows: Sequence[Window]) -> list[Recognition]: ...


def load_model(model: ResolvedModel, settings: TranscribeSettings) -> BatchedWhisper:
    """May take seconds. Raises SettingsError if the model cannot be loaded so."""
    try:
        loaded = WhisperModel(
            model.folder,
            device=settings.device,
            compute_type=settings.compute_type,
            cpu_threads=settings.cpu_threads,
            num_workers=settings.worker_count(on_gpu=_on_gpu(settings.device)),
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise SettingsError(
            f"TRANSCRIBE_MODEL: {model.name} cannot be loaded on device {settings.device} as "
            f"{settings.compute_type}: {error}.",
            "Check TRANSCRIBE_MODEL, TRANSCRIBE_DEVICE and TRANSCRIBE_COMPUTE_TYPE.",
        ) from error
    decoding = DecodingOptions(
        beam_size=settings.beam_size,
        frames=settings.encoder_frames or (_DEMO_FRAMES if model.is_demo else _PUBLISHED_FRAMES),
        prompt_words=settings.prompt_words,
        checks=settings.checks,
        fallback=settings.temperature_fallback,
    )
    return BatchedWhisper(loaded, decoding, on_step=lambda step, took_s: metrics.STEP_SECONDS.labels(step).inc(took_s))


def _on_gpu(device: str) -> bool:
    return device == "cuda" or (device == "auto" and ctranslate2.get_cuda_device_count() > 0)


class WhisperRecogniser:
    """Hears windows on a pool of threads, and takes out of them what nobody can have said."""

    def __init__(self, ear: BatchModel, settings: TranscribeSettings) -> None:
        self.workers = settings.worker_count(on_gpu=ear.on_gpu)
        self.batch_windows = settings.batch_size(on_gpu=ear.on_gpu, is_short=ear.is_short)
        self._ear = ear
        self._checks = settings.checks
        self._failures = 0
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="whisper")

    @property
    def window_ms(self) -> int:
        """The longest audio that the model hears at once."""
        return self._ear.window_ms

    @property
    def round_windows(self) -> int:
        """So many windows give every worker a full batch."""
        return self.workers * self.batch_windows

    def kind(self, window: Window) -> BatchKey:
        return self._ear.kind(window)

    async def hear(self, batch: Sequence[Window]) -> list[Hypothesis]:
        """One hypothesis per window of a batch, all of one kind, in order. A window that cannot be heard gets one that
        says so. Raises Unavailable when window after window fails."""
        hypotheses = await asyncio.get_running_loop().run_in_executor(self._threads, self._hear, batch)
        for hypothesis in hypotheses:
            self._failures = self._failures + 1 if hypothesis.failed else 0
        if self._failures >= _FAILURES_TO_STOP:
            raise Unavailable(
                f"The model failed on {self._failures} windows in a row.",
                "See the errors before; the process starts anew.",
            )
        return hypotheses

    async def transcribe(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Hear windows of any kinds that are there all at once, in batches that give all workers as much to do."""
        places = batches([self.kind(window) for window in windows], self.batch_windows, self.workers)
        heard = await asyncio.gather(*(self.hear([windows[at] for at in batch]) for batch in places))
        hypotheses = [Hypothesis()] * len(windows)
        for batch, of_batch in zip(places, heard, strict=True):
            for place, hypothesis in zip(batch, of_batch, strict=True):
                hypotheses[place] = hypothesis
        return hypotheses

    async def warm_up(self) -> None:
        """The first window of a worker takes longer than the others: let it be nobody's. Raises Unavailable if the
        model cannot hear it: a missing library shows only now."""
        noise = np.random.default_rng(0).normal(scale=300, size=SAMPLE_RATE).astype("<i2").tobytes()
        window = Window("", 0, 0, "en", 0, noise)
        for hypothesis in await self.transcribe([window] * self.workers):
            if hypothesis.failed:
                raise Unavailable(
                    f"The model was loaded but cannot hear: {hypothesis.failed}.",
                    "Check TRANSCRIBE_DEVICE and TRANSCRIBE_COMPUTE_TYPE, and on a GPU its libraries (extra `gpu`).",
                )

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _hear(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """A batch; if it fails, each of its windows alone, so that one window's fault stays its own."""
        metrics.BATCH_WINDOWS.observe(len(windows))
        try:
            heard = self._ear.hear(windows)
        except Exception as error:  # noqa: BLE001 - whatever one window does to the libraries, others must be heard
            _LOG.error("batch failed, hearing its windows alone", windows=len(windows), error=str(error))
            return [self._hear_alone(window) for window in windows]
        return [self._judge(*pair) for pair in zip(windows, heard, strict=True)]

    def _hear_alone(self, window: Window) -> Hypothesis:
        try:
            (heard,) = self._ear.hear([window])
        except Exception as error:  # noqa: BLE001 - as above
            _LOG.error("window failed", session_id=window.session_id, error=str(error))
            return Hypothesis(failed=f"{type(error).__name__}: {error}")
        return self._judge(window, heard)

    def _judge(self, window: Window, heard: Recognition) -> Hypothesis:
        words, dropped = judged(heard, window.prompt, self._checks)
        for rule, count in dropped.items():
            metrics.WORDS_DROPPED.labels(rule.value).inc(count)
        return Hypothesis(words)
