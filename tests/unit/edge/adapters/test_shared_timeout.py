"""A task that waits too long gets a TimeoutError, and no other does."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from edge.adapters.shared_timeout import SharedTimeout
from tests.support.waiting import DEADLINE_S

pytestmark = pytest.mark.usefixtures("virtual_time")


@pytest.fixture
async def patience() -> AsyncIterator[SharedTimeout]:
    patience = SharedTimeout(0.1)
    watching = asyncio.create_task(patience.watch())
    yield patience
    watching.cancel()


async def test_a_result_in_time_is_returned(patience: SharedTimeout) -> None:
    assert await patience.wait(asyncio.sleep(0.01, "kept")) == "kept"


async def test_each_wait_times_out_after_its_own_time(patience: SharedTimeout) -> None:
    loop = asyncio.get_running_loop()

    async def late(after_s: float) -> float:
        await asyncio.sleep(after_s)
        since_s = loop.time()
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.Event().wait())
        return loop.time() - since_s

    waited_s = await asyncio.gather(late(0.0), late(0.07))

    assert all(0.1 <= each_s <= 0.11 for each_s in waited_s)


async def test_a_task_can_wait_again_after_a_timeout(patience: SharedTimeout) -> None:
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.Event().wait())
    assert await patience.wait(asyncio.sleep(0, "kept")) == "kept"


async def test_an_exception_is_passed_on(patience: SharedTimeout) -> None:
    async def refused() -> None:
        raise ConnectionError("refused")

    with pytest.raises(ConnectionError):
        await patience.wait(refused())


async def test_a_cancelled_task_gets_no_timeout(patience: SharedTimeout) -> None:
    waiting = asyncio.create_task(patience.wait(asyncio.Event().wait()))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_cancellation_prevails_over_a_timeout() -> None:
    patience = SharedTimeout(0.0)
    waiting = asyncio.create_task(patience.wait(asyncio.Event().wait()))
    watching = asyncio.create_task(patience.watch())
    async with asyncio.timeout(DEADLINE_S):
        while not waiting.cancelling():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    watching.cancel()
