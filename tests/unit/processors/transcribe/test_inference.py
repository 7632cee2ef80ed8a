"""Workers that are never idle while a window is due, with a model that completes a batch when the test says so."""

import asyncio
from collections.abc import Sequence

import pytest

from infra.clock import SystemClock
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.inference import InferencePool
from tests.support.transcribe.core_values import words


class SlowModel:
    """Completes a batch once the test sets the batch's event, which it puts into `begun`."""

    workers = 2
    max_batch_size = 4

    def __init__(self) -> None:
        self.begun: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    def batch_key(self, window: Window) -> str:
        return window.language

    async def recognise(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        let = asyncio.Event()
        self.begun.put_nowait(let)
        await let.wait()
        if any(window.pcm == b"broken" for window in batch):
            raise RuntimeError("no model")
        return [Hypothesis(words(window.session_id)) for window in batch]


def window(session_id: str, partition: int = 0, pcm: bytes = b"") -> Window:
    return Window(session_id, partition, 0, "en", 0, pcm)


@pytest.mark.parametrize(("due", "size"), [(0, 0), (1, 1), (2, 1), (3, 2), (8, 4), (100, 4)])
def test_due_windows_are_shared_by_all_workers(due: int, size: int) -> None:
    assert InferencePool(SlowModel(), SystemClock()).batch_size(due) == size


async def test_a_worker_that_is_done_does_not_wait_for_another() -> None:
    model = SlowModel()
    pool = InferencePool(model, SystemClock())
    pool.submit([window("a")])
    let_a = await model.begun.get()
    pool.submit([window("b"), window("c")])
    let_b = await model.begun.get()
    assert (pool.idle_workers, pool.utilisation, pool.batch_size(9)) == (0, 1.0, 0)

    let_b.set()
    await asyncio.wait(pool.tasks, return_when=asyncio.FIRST_COMPLETED)
    [done] = pool.completed()
    assert [each.session_id for each in done.windows] == ["b", "c"]
    assert done.hypotheses == (Hypothesis(words("b")), Hypothesis(words("c")))
    assert (pool.idle_workers, pool.utilisation, pool.completed()) == (1, 0.5, [])

    let_a.set()
    assert [each.windows[0].session_id for each in await pool.drain()] == ["a"]


async def test_windows_in_flight_of_a_revoked_partition_are_dropped() -> None:
    model = SlowModel()
    pool = InferencePool(model, SystemClock())
    pool.submit([window("a", partition=1), window("b", partition=2)])
    pool.revoke({1})
    pool.submit([window("a", partition=1)])  # It came back to us.
    for _ in range(2):
        (await model.begun.get()).set()
    before, after = await pool.drain()
    assert [each.session_id for each in before.windows] == ["b"]
    assert before.hypotheses == (Hypothesis(words("b")),)
    assert [each.session_id for each in after.windows] == ["a"]


async def test_an_error_of_the_recogniser_is_raised() -> None:
    model = SlowModel()
    pool = InferencePool(model, SystemClock())
    pool.submit([window("a", pcm=b"broken")])
    (await model.begun.get()).set()
    with pytest.raises(RuntimeError, match="no model"):
        await pool.drain()


async def test_closing_abandons_the_batches_in_flight() -> None:
    model = SlowModel()
    pool = InferencePool(model, SystemClock())
    pool.submit([window("a")])
    await model.begun.get()
    [task] = pool.tasks
    await pool.close()
    assert task.cancelled()
