"""When a socket is not read, and when no session may start: one connection with in-memory ports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from edge.core.flow.leaky_bucket import RateLimit
from edge.produce_queue import ByteBudget, Watermarks
from edge.service import Connection
from schemas.audio import FRAME_BYTES, FRAME_MS
from tests.support.edge.fakes import POLICY, FakePorts, Socket
from tests.support.waiting import DEADLINE_S

FRAME = bytes(FRAME_BYTES)
UNLIMITED_RATE = replace(POLICY, ingest_limit=RateLimit(rate=100, burst_ms=600_000))
"""No test here reaches it."""
AHEAD = 30_000 // FRAME_MS


@asynccontextmanager
async def open_connection(fakes: FakePorts, socket: Socket, conn: str = "c1") -> AsyncIterator[Connection]:
    """A session that has started; its client leaves at the block's end."""
    connection = Connection(socket, fakes.ports, UNLIMITED_RATE, conn=conn, session_id=f"session of {conn}")
    running = asyncio.create_task(connection.run())
    socket.say({"type": "auth", "token": "ada"})
    socket.say({"type": "start"})
    try:
        yield connection
        socket.leave()
        async with asyncio.timeout(DEADLINE_S):
            await running
    finally:
        running.cancel()


async def settle() -> None:
    """Lets all tasks run until they wait."""
    for _ in range(500):
        await asyncio.sleep(0)


def frames(socket: Socket) -> int:
    return max((message["frames"] for message in socket.sent if message["type"] == "ack"), default=0)


async def test_a_recording_is_read_only_so_far_ahead_of_the_transcriber() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket) as connection:
        await socket.until(lambda: "started" in socket.types())
        for _ in range(2 * AHEAD):
            socket.say(FRAME)
        await settle()
        assert AHEAD <= frames(socket) <= AHEAD + 12
        connection.record_progress(40)
        await settle()
        assert AHEAD + 40 <= frames(socket) <= AHEAD + 52
        socket.say({"type": "ping", "id": 1})
        await settle()
        assert "pong" not in socket.types(), "it comes in its turn"
        connection.record_progress(2 * AHEAD - 10)
        await socket.until(lambda: "pong" in socket.types())
        assert frames(socket) == 2 * AHEAD
    assert socket.closed is None


@pytest.mark.usefixtures("virtual_time")
async def test_a_paused_client_stays_alive_in_the_log() -> None:
    fakes, socket = FakePorts(), Socket()
    policy = replace(UNLIMITED_RATE, grace_ms=300)
    connection = Connection(socket, fakes.ports, policy, conn="c1", session_id="s1")
    running = asyncio.create_task(connection.run())
    socket.say({"type": "auth", "token": "ada"})
    socket.say({"type": "start"})
    await socket.until(lambda: "started" in socket.types())
    for _ in range(2 * AHEAD):
        socket.say(FRAME)
    await socket.until(lambda: frames(socket) >= AHEAD)
    for _ in range(3):
        fakes.clock.ms += 150
        await asyncio.sleep(0.12)
    assert fakes.log.records[-1].kind.value == "alive"
    connection.record_progress(AHEAD)
    await socket.until(lambda: frames(socket) == 2 * AHEAD)
    connection.record_progress(2 * AHEAD)
    socket.leave()
    async with asyncio.timeout(DEADLINE_S):
        await running


async def test_a_live_speaker_is_read_although_nothing_is_transcribed() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket):
        await socket.until(lambda: "started" in socket.types())
        for number in range(1, 2 * AHEAD):
            fakes.clock.ms += FRAME_MS
            socket.say(FRAME)
            await socket.until(lambda number=number: frames(socket) == number)  # type: ignore[misc] # bound early


async def test_records_that_wait_for_kafka_are_bounded_over_all_connections() -> None:
    budget = ByteBudget(Watermarks(high=4 * FRAME_BYTES, low=2 * FRAME_BYTES))
    worlds = [FakePorts(budget=budget) for _ in range(3)]
    sockets = [Socket() for _ in worlds]
    async with AsyncExitStack() as stack:
        for number, (fakes, socket) in enumerate(zip(worlds, sockets, strict=True)):
            await stack.enter_async_context(open_connection(fakes, socket, f"c{number}"))
            await socket.until(lambda socket=socket: "started" in socket.types())  # type: ignore[misc] # bound early
            fakes.log.accepting.clear()
        for socket in sockets:
            for _ in range(20):
                socket.say(FRAME)
        await settle()
        # A socket being read when the watermark is reached still delivers its message.
        assert 4 * FRAME_BYTES <= budget.bytes <= (4 + len(sockets)) * FRAME_BYTES
        for fakes in worlds:
            fakes.log.accepting.set()
        for socket in sockets:
            await socket.until(lambda socket=socket: frames(socket) == 20)  # type: ignore[misc] # bound early
        assert budget.bytes == 0
        worlds[0].log.fails_at = 0
        worlds[0].log.accepting.clear()
        for _ in range(3):
            sockets[0].say(FRAME)
        await settle()
        assert budget.bytes > 0
        worlds[0].log.accepting.set()
        worlds[0].log.fails_at = len(worlds[0].log.records)
        await sockets[0].until(lambda: sockets[0].closed)
        await sockets[0].until(lambda: budget.bytes == 0)


async def test_under_overload_no_session_starts_and_running_ones_resume() -> None:
    fakes, first, late, back = FakePorts(), Socket(), Socket(), Socket()
    async with open_connection(fakes, first):
        await first.until(lambda: "started" in first.types())
        for now_ms in range(0, 10_000, 250):
            fakes.admission.update([6.0, 6.0], now_ms)
        refused = Connection(late, fakes.ports, UNLIMITED_RATE, conn="c2", session_id="s2")
        late.say({"type": "auth", "token": "eve"})
        late.say({"type": "start"})
        async with asyncio.timeout(DEADLINE_S):
            await refused.run()
        assert late.closed == (1013, "overloaded")
        assert late.sent[-1]["fatal"]
        assert late.sent[-1]["retry_after_ms"] >= 5000
        assert "s2" not in fakes.log.conns
        assert [event.user_id for event in fakes.log.announced] == ["ada"]
    goes_on = Connection(back, fakes.ports, UNLIMITED_RATE, conn="c3", session_id="s3")
    back.say({"type": "auth", "token": "ada"})
    back.say({"type": "start", "resume": "ada may resume session of c1"})
    running = asyncio.create_task(goes_on.run())
    await back.until(lambda: "started" in back.types())
    back.leave()
    async with asyncio.timeout(DEADLINE_S):
        await running
    assert len(fakes.session_quota) == 0
