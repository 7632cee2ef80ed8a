import asyncio

from client.inbox import Inbox
from schemas.wire import Ack, Notice, Partial


def partial(text: str) -> Partial:
    return Partial(text=text, start_ms=0, end_ms=1, after_final=0)


def notice(code: str) -> Notice:
    return Notice(code=code, message="")


async def test_messages_come_in_order_and_of_partials_and_acks_the_newest() -> None:
    inbox = Inbox()
    for message in (partial("a"), Ack(frames=1), notice("first"), partial("a b"), Ack(frames=2), notice("second")):
        inbox.put(message)
    inbox.close()

    read = [await inbox.get() for _ in range(5)]

    assert read == [notice("first"), partial("a b"), Ack(frames=2), notice("second"), None]


async def test_a_reader_waits_for_the_next_message() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)

    inbox.put(notice("late"))

    assert await reading == notice("late")


async def test_a_full_inbox_makes_the_connection_wait_until_something_is_read() -> None:
    inbox = Inbox(max_messages=2)
    inbox.put(notice("first"))
    await inbox.wait_for_room()
    inbox.put(notice("second"))
    waiting = asyncio.create_task(inbox.wait_for_room())
    await asyncio.sleep(0)
    assert not waiting.done()

    await inbox.get()

    await waiting
