"""Between reader and writer: nothing waits in putting, and room is said when there is some."""

import asyncio

from edge.backlog import Backlog


async def test_items_come_in_order_and_then_the_end() -> None:
    backlog: Backlog[int] = Backlog(2)
    for number in (1, 2, 3):
        backlog.put(number)
    backlog.finish()
    assert [await backlog.take() for _ in range(4)] == [1, 2, 3, None]


async def test_taking_waits_for_an_item_or_the_end() -> None:
    backlog: Backlog[str] = Backlog(2)
    taking = asyncio.create_task(backlog.take())
    await asyncio.sleep(0)
    assert not taking.done()
    backlog.put("item")
    assert await taking == "item"
    taking = asyncio.create_task(backlog.take())
    await asyncio.sleep(0)
    backlog.finish()
    assert await taking is None


async def test_room_is_below_the_mark() -> None:
    backlog: Backlog[int] = Backlog(2)
    await backlog.room()
    for number in (1, 2, 3):
        backlog.put(number)
    waiting = asyncio.create_task(backlog.room())
    await backlog.take()
    await asyncio.sleep(0)
    assert not waiting.done()
    await backlog.take()
    await asyncio.sleep(0)
    assert waiting.done()
