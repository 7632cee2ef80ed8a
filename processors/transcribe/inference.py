"""Keeps the model's workers at work: each gets a batch as soon as it is free, and none waits for another's."""

import asyncio
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from infra.clock import Clock
from processors.transcribe import metrics
from processors.transcribe.core.audio.windows import Hypothesis, Window


class Recogniser(Protocol):
    @property
    def workers(self) -> int:
        """Batches that are heard at the same time."""
        ...

    @property
    def batch_windows(self) -> int:
        """Most windows of a batch."""
        ...

    def kind(self, window: Window) -> Hashable:
        """Windows of one kind may be in one batch."""
        ...

    async def hear(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        """One hypothesis per window, in order, without blocking the event loop."""
        ...


@dataclass(frozen=True)
class CompletedBatch:
    """What came of a batch, as far as it is still ours."""

    windows: tuple[Window, ...]
    hypotheses: tuple[Hypothesis, ...]


@dataclass
class _InferenceBatch:
    windows: tuple[Window, ...]
    begun_ms: int
    lost: frozenset[int] = frozenset()


class InferencePool:
    """The batches that are with the model."""

    def __init__(self, recogniser: Recogniser, clock: Clock) -> None:
        self._recogniser = recogniser
        self._clock = clock
        self._batches: dict[asyncio.Task[Sequence[Hypothesis]], _InferenceBatch] = {}

    @property
    def free(self) -> int:
        """Workers that have nothing to do."""
        return self._recogniser.workers - len(self._batches)

    @property
    def share(self) -> float:
        """Of the workers, how many are at work."""
        return len(self._batches) / self._recogniser.workers

    @property
    def tasks(self) -> Set[asyncio.Task[Sequence[Hypothesis]]]:
        return self._batches.keys()

    def room(self, due: int) -> int:
        """Windows that a free worker should get of those that are due, so that each worker has as much of them."""
        return min(-(-due // self._recogniser.workers), self._recogniser.batch_windows) if self.free else 0

    def kind(self, window: Window) -> Hashable:
        return self._recogniser.kind(window)

    def begin(self, windows: Sequence[Window]) -> None:
        """Give a free worker a batch."""
        task = asyncio.create_task(self._recogniser.hear(windows))
        self._batches[task] = _InferenceBatch(tuple(windows), self._clock.monotonic_ms())

    def forget(self, partitions: Set[int]) -> None:
        """These partitions are another's now, and so is what their windows say."""
        for batch in self._batches.values():
            batch.lost |= partitions

    def finished(self) -> list[CompletedBatch]:
        """The batches that have been heard since this was last asked. Raises what the recogniser raised."""
        return [self._taken(task) for task in [*self._batches] if task.done()]

    async def last(self) -> list[CompletedBatch]:
        """Wait for all that has been begun."""
        if self._batches:
            await asyncio.wait(self._batches)
        return self.finished()

    async def close(self) -> None:
        """Leave what is under way as it is."""
        for task in self._batches:
            task.cancel()
        await asyncio.gather(*self._batches, return_exceptions=True)

    def _taken(self, task: asyncio.Task[Sequence[Hypothesis]]) -> CompletedBatch:
        batch, hypotheses = self._batches.pop(task), task.result()
        _count(batch.windows, hypotheses, self._clock.monotonic_ms() - batch.begun_ms, self._clock.now_ms())
        pairs = zip(batch.windows, hypotheses, strict=True)
        ours = [pair for pair in pairs if pair[0].partition not in batch.lost]
        return CompletedBatch(tuple(window for window, _ in ours), tuple(hypothesis for _, hypothesis in ours))


def _count(windows: Sequence[Window], hypotheses: Sequence[Hypothesis], took_ms: int, now_ms: int) -> None:
    metrics.MODEL_SECONDS.inc(took_ms / 1000)
    new_ms = sum(window.new_ms for window in windows)
    if new_ms:
        metrics.REAL_TIME_FACTOR.observe(took_ms / new_ms)
    for window, hypothesis in zip(windows, hypotheses, strict=True):
        metrics.AUDIO_SECONDS.inc((window.end_ms - window.start_ms) / 1000)
        metrics.WINDOW_DELAY.observe(max(now_ms - window.due_at_ms, 0) / 1000)
        metrics.WINDOWS.labels("failed" if hypothesis.failed else "heard").inc()
