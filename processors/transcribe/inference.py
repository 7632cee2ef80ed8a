"""Keeps the model's workers busy: each gets a batch as soon as it is idle, and none waits for another's."""

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass

from infra.clock import Clock
from processors.transcribe import metrics
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.batching import batch_size
from processors.transcribe.ports import Recogniser


@dataclass(frozen=True)
class CompletedBatch:
    """A recognised batch, without the windows of partitions that have been revoked."""

    windows: tuple[Window, ...]
    hypotheses: tuple[Hypothesis, ...]
    took_ms: int


@dataclass
class _InferenceBatch:
    windows: tuple[Window, ...]
    began_ms: int
    revoked: frozenset[int] = frozenset()


class InferencePool:
    """The batches that are with the model."""

    def __init__(self, recogniser: Recogniser, clock: Clock) -> None:
        self._recogniser = recogniser
        self._clock = clock
        self._batches: dict[asyncio.Task[Sequence[Hypothesis]], _InferenceBatch] = {}
        self.batch_key = recogniser.batch_key

    @property
    def idle_workers(self) -> int:
        return self._recogniser.workers - len(self._batches)

    @property
    def utilisation(self) -> float:
        """Share of the workers that are busy."""
        return len(self._batches) / self._recogniser.workers

    @property
    def tasks(self) -> Set[asyncio.Task[Sequence[Hypothesis]]]:
        """The batches in flight."""
        return self._batches.keys()

    def batch_size(self, due: int) -> int:
        """How many of the windows that are due should be submitted next; 0 if no worker is idle."""
        return batch_size(due, self._recogniser.workers, self._recogniser.max_batch_size) if self.idle_workers else 0

    def submit(self, windows: Sequence[Window]) -> None:
        """Give an idle worker a batch."""
        task = asyncio.create_task(self._recogniser.recognise(windows))
        self._batches[task] = _InferenceBatch(tuple(windows), self._clock.monotonic_ms())

    def revoke(self, partitions: Set[int]) -> None:
        """These partitions have been revoked: drop the hypotheses of their windows in flight."""
        for batch in self._batches.values():
            batch.revoked |= partitions

    def completed(self) -> list[CompletedBatch]:
        """The batches that have been completed since the last call. Raises what the recogniser raised."""
        return [self._completed(task) for task in [*self._batches] if task.done()]

    async def drain(self) -> list[CompletedBatch]:
        """Wait for all batches in flight."""
        if self._batches:
            await asyncio.wait(self._batches)
        return self.completed()

    async def close(self) -> None:
        """Abandon the batches in flight."""
        for task in self._batches:
            task.cancel()
        await asyncio.gather(*self._batches, return_exceptions=True)

    def _completed(self, task: asyncio.Task[Sequence[Hypothesis]]) -> CompletedBatch:
        batch, hypotheses = self._batches.pop(task), task.result()
        took_ms = self._clock.monotonic_ms() - batch.began_ms
        _count(batch.windows, hypotheses, took_ms, self._clock.now_ms())
        pairs = zip(batch.windows, hypotheses, strict=True)
        ours = [pair for pair in pairs if pair[0].partition not in batch.revoked]
        return CompletedBatch(tuple(window for window, _ in ours), tuple(hypothesis for _, hypothesis in ours), took_ms)


def _count(windows: Sequence[Window], hypotheses: Sequence[Hypothesis], took_ms: int, now_ms: int) -> None:
    metrics.INFERENCE_SECONDS.inc(took_ms / 1000)
    new_ms = sum(window.new_ms for window in windows)
    if new_ms:
        metrics.REAL_TIME_FACTOR.observe(took_ms / new_ms)
    for window, hypothesis in zip(windows, hypotheses, strict=True):
        metrics.WINDOW_AUDIO_SECONDS.inc((window.end_ms - window.start_ms) / 1000)
        metrics.WINDOW_DELAY_SECONDS.observe(max(now_ms - window.due_at_ms, 0) / 1000)
        metrics.WINDOWS.labels("failed" if hypothesis.failed else "recognised").inc()
