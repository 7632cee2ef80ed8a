"""`put` never waits, and room is reported between the watermarks."""

import asyncio

from edge.produce_queue import ByteBudget, ProduceQueue, Watermarks


def budget(high: int = 1000, low: int = 500) -> ByteBudget:
    return ByteBudget(Watermarks(high, low))


def produce_queue(shared: ByteBudget | None = None, high: int = 3, low: int = 1) -> ProduceQueue[str]:
    return ProduceQueue(Watermarks(high, low), shared or budget(), len)


async def has_room(queue: ProduceQueue[str]) -> bool:
    waiting = asyncio.create_task(queue.room())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if not waiting.done():
        waiting.cancel()
        return False
    return True


async def test_items_come_in_order_and_none_after_the_end() -> None:
    queue = produce_queue()
    for item in ("a", "b", "c"):
        queue.put(item)
    queue.finish()
    assert [await queue.get() for _ in range(4)] == ["a", "b", "c", None]


async def test_get_waits_for_an_item_or_the_end() -> None:
    queue = produce_queue()
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not taking.done()
    queue.put("item")
    assert await taking == "item"
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.finish()
    assert await taking is None


async def test_from_the_high_watermark_to_the_low_one_there_is_no_room() -> None:
    queue = produce_queue()
    rooms = []
    for item in ("a", "b", "c", "d"):
        rooms.append(await has_room(queue))
        queue.put(item)
    assert rooms == [True, True, True, False]
    for _ in range(3):
        assert not await has_room(queue)
        await queue.get()
    assert await has_room(queue)


async def test_the_shared_budget_has_no_room_until_enough_is_released() -> None:
    shared = budget(high=100, low=50)
    one, other = produce_queue(shared), produce_queue(shared)
    one.put("x" * 60)
    assert await has_room(other)
    one.put("y" * 40)
    assert not await has_room(other)
    item = await one.get()
    assert item is not None
    assert not await has_room(other), "an item in flight still needs its memory"
    one.task_done(item)
    assert await has_room(other)
    assert shared.bytes == 40


async def test_discarding_releases_the_whole_reservation() -> None:
    shared = budget(high=100, low=50)
    queue = produce_queue(shared)
    for item in ("x" * 60, "y" * 60):
        queue.put(item)
    await queue.get()
    queue.discard()
    assert shared.bytes == 0
    assert await has_room(produce_queue(shared))
