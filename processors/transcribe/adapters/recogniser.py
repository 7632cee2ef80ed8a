"""faster-whisper, off the event loop: windows of any sessions in batches, each one call of the model.

On a GPU a batch costs hardly more than a window. On a CPU it costs as much as its windows one after the other, so there
are workers for several batches, each a thread with a worker of the model of its own."""

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
from processors.transcribe.core.whisper.hallucination_filters import filtered
from processors.transcribe.core.whisper.recognition import Recognition
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import SAMPLE_RATE

_LOG = get_logger(__name__)
_FAILURES_TO_STOP = 20
"""After this many failed windows in a row, the fault is the model's, not the windows'."""
_PUBLISHED_FRAMES = 3000
_DEMO_FRAMES = 500
"""Whisper's published models were trained on inputs of 30 s only, so shorter windows are padded. The demo recogniser
was trained on shorter inputs too: with its windows rounded up to whole seconds, and at least 5 s, it makes no more
errors on 32 shifted recordings (1.1 % of words, 1.2 % with 3000 frames) and takes a fraction of the time."""


class BatchModel(Protocol):
    """A model that recognises windows with the same batch key in one call."""

    @property
    def window_ms(self) -> int: ...

    @property
    def on_gpu(self) -> bool: ...

    @property
    def is_short(self) -> bool: ...

    def batch_key(self, window: Window) -> BatchKey: ...

    def recognise(self, windows: Sequence[Window]) -> list[Recognition]: ...


def load_model(model: ResolvedModel, settings: TranscribeSettings) -> BatchedWhisper:
    """May take seconds. Raises SettingsError if the model cannot be loaded with these settings."""
    try:
        loaded = WhisperModel(
            model.folder,
            device=settings.device,
            compute_type=_compute_type(settings),
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
        min_frames=settings.encoder_frames or (_DEMO_FRAMES if model.is_demo else _PUBLISHED_FRAMES),
        prompt_words=settings.prompt_words,
        thresholds=settings.decoding_thresholds,
        fallback=settings.temperature_fallback,
    )
    return BatchedWhisper(
        loaded, decoding, on_step=lambda step, took_s: metrics.INFERENCE_STEP_SECONDS.labels(step).inc(took_s)
    )


def _compute_type(settings: TranscribeSettings) -> str:
    """The setting, or the fastest number format in which nothing measurable is lost, where the device has it."""
    if settings.compute_type != "default":
        return settings.compute_type
    device, fastest = ("cuda", "float16") if _on_gpu(settings.device) else ("cpu", "int8")
    return fastest if fastest in ctranslate2.get_supported_compute_types(device) else "default"


def _on_gpu(device: str) -> bool:
    return device == "cuda" or (device == "auto" and ctranslate2.get_cuda_device_count() > 0)


class WhisperRecogniser:
    """Recognises windows on a pool of threads, and filters hallucinations out of them."""

    def __init__(self, model: BatchModel, settings: TranscribeSettings) -> None:
        self.workers = settings.worker_count(on_gpu=model.on_gpu)
        self.max_batch_size = settings.batch_size(on_gpu=model.on_gpu, is_short=model.is_short)
        self._model = model
        self._thresholds = settings.decoding_thresholds
        self._failures = 0
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="whisper")

    @property
    def window_ms(self) -> int:
        """The longest window that the model takes."""
        return self._model.window_ms

    def batch_key(self, window: Window) -> BatchKey:
        return self._model.batch_key(window)

    async def recognise(self, batch: Sequence[Window]) -> list[Hypothesis]:
        """One hypothesis per window, in order; a failed one for a window that cannot be recognised. All windows have
        the same batch key. Raises Unavailable when window after window fails."""
        hypotheses = await asyncio.get_running_loop().run_in_executor(self._threads, self._recognise, batch)
        for hypothesis in hypotheses:
            self._failures = self._failures + 1 if hypothesis.failed else 0
        if self._failures >= _FAILURES_TO_STOP:
            raise Unavailable(
                f"The model failed on {self._failures} windows in a row.",
                "See the errors above; the process restarts.",
            )
        return hypotheses

    async def warm_up(self) -> None:
        """Recognise a window of noise on each worker, whose first window takes longer than the others. Raises
        Unavailable if that fails: a missing library shows only now."""
        noise = np.random.default_rng(0).normal(scale=300, size=SAMPLE_RATE).astype("<i2").tobytes()
        window = Window("", 0, 0, "en", 0, noise)
        for (hypothesis,) in await asyncio.gather(*(self.recognise([window]) for _ in range(self.workers))):
            if hypothesis.failed:
                raise Unavailable(
                    f"The model was loaded but cannot recognise anything: {hypothesis.failed}.",
                    "Check TRANSCRIBE_DEVICE and TRANSCRIBE_COMPUTE_TYPE, and on a GPU its libraries (extra `gpu`).",
                )

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _recognise(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """A batch; if it fails, each of its windows alone, so that one window's fault affects no other."""
        metrics.BATCH_WINDOWS.observe(len(windows))
        try:
            recognitions = self._model.recognise(windows)
        except Exception as error:  # noqa: BLE001 - whatever one window does to the libraries, others must be recognised
            _LOG.error("batch failed, recognising its windows one by one", windows=len(windows), error=str(error))
            return [self._recognise_alone(window) for window in windows]
        return [self._filter(*pair) for pair in zip(windows, recognitions, strict=True)]

    def _recognise_alone(self, window: Window) -> Hypothesis:
        try:
            (recognition,) = self._model.recognise([window])
        except Exception as error:  # noqa: BLE001 - as above
            _LOG.error("window failed", session_id=window.session_id, error=str(error))
            return Hypothesis(failed=f"{type(error).__name__}: {error}")
        return self._filter(window, recognition)

    def _filter(self, window: Window, recognition: Recognition) -> Hypothesis:
        words, removed = filtered(recognition, window.prompt, self._thresholds)
        for rule, count in removed.items():
            metrics.WORDS_FILTERED.labels(rule.value).inc(count)
        return Hypothesis(words)
