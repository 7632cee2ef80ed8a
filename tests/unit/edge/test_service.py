"""One connection from its first message to the close, with its ports played in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from edge import service
from edge.service import Conversation
from schemas.audio import FRAME_BYTES
from schemas.wire import FinalMessage, ReportMessage, Summary
from tests.support.edge_fakes import TERMS, Socket, World

FRAME = bytes(FRAME_BYTES)
SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)
AUTH = {"type": "auth", "token": "ada"}
START = {"type": "start"}


def final(number: int, text: str = "word") -> FinalMessage:
    return FinalMessage(number=number, text=text, start_ms=0, end_ms=1, question=None, words=())


@asynccontextmanager
async def conversation(world: World, socket: Socket) -> AsyncIterator[Conversation]:
    """Running while the block does, and expected to end by itself at its end."""
    talking = Conversation(socket, world.ports, TERMS, conn="c1", session_id="s1")
    running = asyncio.create_task(talking.run())
    try:
        yield talking
        async with asyncio.timeout(5):
            await running
    finally:
        running.cancel()


async def started(socket: Socket) -> None:
    socket.say(AUTH)
    socket.say(START)
    await socket.until(lambda: "started" in socket.types())


async def test_a_session_from_token_to_report() -> None:
    world, socket = World(), Socket()
    async with conversation(world, socket) as talking:
        await started(socket)
        socket.say(FRAME)
        socket.say({"type": "end"})
        await socket.until(lambda: len(world.log.records) == 3)
        talking.deliver(SUMMARY)
        talking.deliver(ReportMessage(error="none"))
    assert socket.types() == ["ready", "started", "ack", "summary", "report"]
    assert socket.closed == (1000, "done")
    assert [record.kind.value for record in world.log.records] == ["start", "frame", "end"]
    assert [event.session_id for event in world.log.announced] == ["s1"]
    assert socket.sent[1]["resume_token"] == "ada may resume s1"


async def test_a_fatal_error_is_the_last_word() -> None:
    world, socket = World(), Socket()
    async with conversation(world, socket):
        await started(socket)
        world.log.accepting.clear()
        socket.say(FRAME)
        socket.say(b"odd")
        await socket.until(lambda: socket.taken == 4)
        world.log.accepting.set()
    assert socket.types() == ["ready", "started", "ack", "error"]
    assert socket.sent[-1]["fatal"]
    assert socket.closed == (4400, "bad_audio")


async def test_a_refused_token_closes() -> None:
    socket = Socket()
    async with conversation(World(), socket):
        socket.say({"type": "auth", "token": "???"})
    assert [message["code"] for message in socket.sent] == ["token_malformed"]
    assert socket.closed == (4401, "token_malformed")


async def test_nothing_is_written_after_what_failed() -> None:
    world, socket = World(), Socket()
    world.log.fails_at = 2
    async with conversation(world, socket):
        await started(socket)
        for _ in range(4):
            socket.say(FRAME)
    assert socket.types() == ["ready", "started", "ack", "error"]
    assert socket.sent[-1]["retry_after_ms"] > 0
    assert socket.closed == (1013, "not_kept")
    assert [record.seq for record in world.log.records] == [None, 0]


async def test_the_socket_is_not_read_while_kafka_is_slow() -> None:
    world, socket = World(), Socket()
    async with conversation(world, socket):
        await started(socket)
        world.log.accepting.clear()
        for _ in range(100):
            socket.say(FRAME)
        for _ in range(500):
            await asyncio.sleep(0)
        assert socket.taken <= 2 + 10
        world.log.accepting.set()
        await socket.until(lambda: socket.sent[-1].get("frames") == 100)
        socket.leave()
    assert len(world.log.records) == 101


async def test_a_client_that_does_not_read_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_FINISH_S", 0.05)
    world, socket = World(), Socket(reads=False)
    async with conversation(world, socket) as talking:
        socket.say(AUTH)
        socket.say(START)
        await socket.until(lambda: world.log.announced)
        for number in range(1, 1100):
            talking.deliver(final(number, "word " * 100))
    assert socket.closed == (1013, "too_slow")


async def test_what_a_client_sent_before_it_left_is_stored() -> None:
    world, socket = World(), Socket()
    async with conversation(world, socket):
        await started(socket)
        world.log.accepting.clear()
        for _ in range(3):
            socket.say(FRAME)
        socket.leave()
        await socket.until(lambda: socket.taken == 5)
        world.log.accepting.set()
    assert len(world.log.records) == 4
    assert socket.closed is None


async def test_a_stop_waits_for_what_was_begun() -> None:
    world, socket = World(), Socket()
    async with conversation(world, socket) as talking:
        await started(socket)
        world.log.accepting.clear()
        socket.say(FRAME)
        await socket.until(lambda: socket.taken == 3)
        talking.drain()
        world.log.accepting.set()
    assert socket.types() == ["ready", "started", "notice", "ack"]
    assert socket.closed == (1001, "draining")


async def test_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    really_sleep = asyncio.sleep

    async def sleep(delay_s: float) -> None:
        # The clock goes on by what is slept, and no real time passes.
        waits.append(delay_s)
        if delay_s:
            world.clock.ms += int(delay_s * 1000)
        await really_sleep(0)

    world, socket = World(), Socket()
    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with conversation(world, socket):
        pass
    assert next(delay_s for delay_s in waits if delay_s) == 5.0
    assert socket.closed == (4408, "token_missing")
