"""Workers that are never idle while a window is due, with a model that hears when it is told to."""

import asyncio
from collections.abc import Sequence

import pytest

from infra.clock import SystemClock
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.inference import InferencePool
from tests.support.transcribe.core_values import words


class SlowModel:
    """Hears a batch once it is let. `begun`: what lets the batches that it was given."""

    workers = 2
    batch_windows = 4

    def __init__(self) -> None:
        self.begun: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    def kind(self, window: Window) -> str:
        return window.language

    async def hear(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        let = asyncio.Event()
        self.begun.put_nowait(let)
        await let.wait()
        if any(window.pcm == b"broken" for window in batch):
            raise RuntimeError("no model")
        return [Hypothesis(words(window.session_id)) for window in batch]


def window(session_id: str, partition: int = 0, pcm: bytes = b"") -> Window:
    return Window(session_id, partition, 0, "en", 0, pcm)


@pytest.mark.parametrize(("due", "room"), [(0, 0), (1, 1), (2, 1), (3, 2), (8, 4), (100, 4)])
def test_what_is_due_is_dealt_out_to_all_who_are_free(due: int, room: int) -> None:
    assert InferencePool(SlowModel(), SystemClock()).room(due) == room


async def test_a_worker_that_is_done_waits_for_no_other() -> None:
    model = SlowModel()
    hearing = InferencePool(model, SystemClock())
    hearing.begin([window("a")])
    let_a = await model.begun.get()
    hearing.begin([window("b"), window("c")])
    let_b = await model.begun.get()
    assert (hearing.free, hearing.share, hearing.room(9)) == (0, 1.0, 0)

    let_b.set()
    await asyncio.wait(hearing.tasks, return_when=asyncio.FIRST_COMPLETED)
    [heard] = hearing.finished()
    assert [each.session_id for each in heard.windows] == ["b", "c"]
    assert heard.hypotheses == (Hypothesis(words("b")), Hypothesis(words("c")))
    assert (hearing.free, hearing.share, hearing.finished()) == (1, 0.5, [])

    let_a.set()
    assert [each.windows[0].session_id for each in await hearing.last()] == ["a"]


async def test_what_was_begun_before_a_partition_was_lost_is_no_longer_ours() -> None:
    model = SlowModel()
    hearing = InferencePool(model, SystemClock())
    hearing.begin([window("a", partition=1), window("b", partition=2)])
    hearing.forget({1})
    hearing.begin([window("a", partition=1)])  # It came back to us.
    for _ in range(2):
        (await model.begun.get()).set()
    before, after = await hearing.last()
    assert [each.session_id for each in before.windows] == ["b"]
    assert before.hypotheses == (Hypothesis(words("b")),)
    assert [each.session_id for each in after.windows] == ["a"]


async def test_a_model_that_gives_up_is_heard_of() -> None:
    model = SlowModel()
    hearing = InferencePool(model, SystemClock())
    hearing.begin([window("a", pcm=b"broken")])
    (await model.begun.get()).set()
    with pytest.raises(RuntimeError, match="no model"):
        await hearing.last()


async def test_what_is_under_way_at_the_end_is_left() -> None:
    model = SlowModel()
    hearing = InferencePool(model, SystemClock())
    hearing.begin([window("a")])
    await model.begun.get()
    [task] = hearing.tasks
    await hearing.close()
    assert task.cancelled()
