"""faster-whisper, off the event loop.

Whisper hears one window at a time and knows nothing of the one before: no text is carried over, for small models
begin to repeat themselves when it is. Decoding takes the likeliest path and never samples, so that the same audio
gives the same words again."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from faster_whisper import WhisperModel

from infra.errors import SettingsError, Unavailable
from infra.telemetry import get_logger
from processors.transcribe.adapters.models import ResolvedModel
from processors.transcribe.core.windows import Hypothesis, Window
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import SAMPLE_RATE
from schemas.words import Word

_LOG = get_logger(__name__)
_ATTEMPTS = 2
_FAILURES_TO_STOP = 20
"""So many windows in a row that cannot be heard are the model's fault, not the windows'."""


def load_model(model: ResolvedModel, settings: TranscribeSettings) -> WhisperModel:
    """May take seconds. Raises SettingsError if the model cannot be loaded so."""
    try:
        return WhisperModel(
            model.folder,
            device=settings.device,
            compute_type=settings.compute_type,
            cpu_threads=settings.cpu_threads,
            num_workers=settings.worker_count,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise SettingsError(
            f"TRANSCRIBE_MODEL: {model.name} cannot be loaded on device {settings.device} as "
            f"{settings.compute_type}: {error}.",
            "Check TRANSCRIBE_MODEL, TRANSCRIBE_DEVICE and TRANSCRIBE_COMPUTE_TYPE.",
        ) from error


class WhisperRecogniser:
    """Hears windows on a pool of threads, each with its own worker of the model."""

    def __init__(self, model: WhisperModel, settings: TranscribeSettings) -> None:
        self.workers = settings.worker_count
        self._model = model
        self._beam_size = settings.beam_size
        self._failures = 0
        self._languages: frozenset[str] = frozenset(model.supported_languages)
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="whisper")

    @property
    def window_ms(self) -> int:
        """The longest audio that the model hears at once."""
        return int(self._model.feature_extractor.n_samples) * 1000 // SAMPLE_RATE

    async def transcribe(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """One hypothesis per window, in order. A window that cannot be heard gets one that says so. Raises
        Unavailable when window after window fails."""
        loop = asyncio.get_running_loop()
        hypotheses = await asyncio.gather(*(loop.run_in_executor(self._threads, self._hear, each) for each in windows))
        for hypothesis in hypotheses:
            self._failures = self._failures + 1 if hypothesis.failed else 0
        if self._failures >= _FAILURES_TO_STOP:
            raise Unavailable(
                f"The model failed on {self._failures} windows in a row.",
                "See the errors before; the process starts anew.",
            )
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

    def _hear(self, window: Window) -> Hypothesis:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return Hypothesis(self._words(window))
            except Exception as error:  # noqa: BLE001 - whatever one window does to the libraries, others must be heard
                _LOG.error("window failed", session_id=window.session_id, attempt=attempt, error=str(error))
                reason = f"{type(error).__name__}: {error}"
        return Hypothesis(failed=reason)

    def _words(self, window: Window) -> tuple[Word, ...]:
        if not window.pcm:
            return ()
        samples = np.frombuffer(window.pcm, dtype="<i2").astype(np.float32) / 32768
        segments, _ = self._model.transcribe(
            samples,
            language=self._language(window.language),
            beam_size=self._beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,
        )
        return tuple(_word(word) for segment in segments for word in segment.words)

    def _language(self, wanted: str) -> str | None:
        """A session's language as the model knows it; None, which lets the model guess, if it knows it not."""
        if len(self._languages) == 1:
            return next(iter(self._languages))
        primary = wanted.lower().partition("-")[0]
        return primary if primary in self._languages else None


def _word(word: Any) -> Word:
    return Word(
        text=word.word.strip(),
        start_ms=round(word.start * 1000),
        end_ms=round(word.end * 1000),
        probability=float(word.probability),
    )
