"""One connection from its first message to the close, with its ports played in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY

from edge import authorisation, service
from edge.service import Connection
from schemas.audio import FRAME_BYTES
from schemas.sessions import AnswerBegun, RecordKind
from schemas.wire import FinalMessage, ReportMessage, Summary
from tests.support.edge.fakes import POLICY, Socket, World
from tests.support.waiting import DEADLINE_S

FRAME = bytes(FRAME_BYTES)
SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)
AUTH = {"type": "auth", "token": "ada"}
START = {"type": "start"}


def final(number: int, text: str = "word") -> FinalMessage:
    return FinalMessage(number=number, text=text, start_ms=0, end_ms=1, question=None, words=())


@asynccontextmanager
async def conversation(
    world: World, socket: Socket, conn: str = "c1", session_id: str = "s1"
) -> AsyncIterator[Connection]:
    """Running while the block does, and expected to end by itself at its end."""
    talking = Connection(socket, world.ports, POLICY, conn=conn, session_id=session_id)
    running = asyncio.create_task(talking.run())
    try:
        yield talking
        async with asyncio.timeout(DEADLINE_S):
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


@pytest.mark.parametrize(("code", "counted"), [(None, "gone"), (1007, "1007")])
async def test_who_leaves_and_who_is_cut_off_are_counted_apart(code: int | None, counted: str) -> None:
    def closes() -> float:
        return REGISTRY.get_sample_value("rostrum_edge_connections_closed_total", {"code": counted}) or 0.0

    before = closes()
    socket = Socket()
    async with conversation(World(), socket):
        await started(socket)
        socket.leave(code)
    assert socket.closed is None
    assert closes() == before + 1


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
    async with conversation(world, socket) as talking:
        await started(socket)
        world.log.accepting.clear()
        for _ in range(100):
            socket.say(FRAME)
        for _ in range(500):
            await asyncio.sleep(0)
        assert socket.taken <= 2 + 10
        assert 5 < talking.queued_records <= 10
        world.log.accepting.set()
        await socket.until(lambda: socket.sent[-1].get("frames") == 100)
        socket.leave()
    assert len(world.log.records) == 101


async def test_a_client_that_does_not_read_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_CLOSE_TIMEOUT_S", 0.05)
    world, socket = World(), Socket(reads=False)
    async with conversation(world, socket) as talking:
        socket.say(AUTH)
        socket.say(START)
        await socket.until(lambda: world.log.announced)
        for number in range(1, 1100):
            talking.deliver(final(number, "word " * 1000))
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


async def test_nobody_waits_for_ever_to_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorisation, "_VERIFY_TIMEOUT_S", 0.01)
    world, stranger, known = World(), Socket(), Socket()
    async with conversation(world, stranger):
        stranger.say({"type": "auth", "token": "never"})
        await stranger.until(lambda: stranger.closed)
    assert stranger.closed == (1013, "login_unavailable")
    async with conversation(world, known):
        await started(known)
        known.say({"type": "auth", "token": "never"})
        known.say({"type": "ping", "id": 1})
        await known.until(lambda: "pong" in known.types())
        known.leave()
        [error] = [message for message in known.sent if message["type"] == "error"]
        assert (error["code"], error["fatal"]) == ("login_unavailable", False)


async def test_audio_in_another_format_is_converted_in_its_order() -> None:
    world, socket = World(), Socket()
    async with conversation(world, socket) as talking:
        socket.say(AUTH)
        socket.say({"type": "start", "audio": {"encoding": "pcm_f32le", "sample_rate": 48_000, "channels": 2}})
        await socket.until(lambda: "started" in socket.types())
        assert socket.sent[1]["frame_bytes"] == 96_000
        for question in (1, 2):
            socket.say({"type": "answer", "question": question})
            socket.say(bytes(8 * 13_000))
        socket.say({"type": "end"})
        await socket.until(lambda: world.log.records[-1].kind is RecordKind.END)
        talking.deliver(SUMMARY)
        talking.deliver(ReportMessage(error="none"))
    kinds = [record.kind.value for record in world.log.records]
    assert kinds == ["start", "answer", "frame", "answer", "frame", "frame", "end"]
    answers = [AnswerBegun.model_validate_json(world.log.records[at].value).from_sample for at in (1, 3)]
    assert answers == [0, 4334]
    frames = [record.value for record in world.log.records if record.kind is RecordKind.FRAME]
    assert sum(map(len, frames)) == 2 * 8667


async def test_a_user_holds_so_many_sessions_and_leaving_makes_room() -> None:
    world, first, second, third = World(), Socket(), Socket(), Socket()
    start = {"type": "start", "competition": "spring"}
    async with conversation(world, first):
        first.say(AUTH)
        first.say(start)
        await first.until(lambda: "started" in first.types())
        async with conversation(world, second, "c2"):
            second.say(AUTH)
            second.say(start)
        assert second.closed == (4429, "too_many_sessions")
        first.leave()
    async with conversation(world, third, "c3", "s3"):
        third.say(AUTH)
        third.say(start)
        await third.until(lambda: "started" in third.types())
        third.leave()
    assert len(world.session_quota) == 0


async def test_a_login_that_cannot_be_checked_comes_again_later() -> None:
    socket = Socket()
    async with conversation(World(), socket):
        socket.say({"type": "auth", "token": "unavailable"})
    assert socket.closed == (1013, "login_unavailable")
    assert socket.sent[-1]["retry_after_ms"] > 0


async def test_what_follows_a_token_waits_for_it() -> None:
    world, socket = World(), Socket()
    async with conversation(world, socket):
        socket.say({"type": "auth", "token": "slowly"})
        socket.say(START)
        await socket.until(lambda: "started" in socket.types())
        socket.leave()
    assert socket.types() == ["ready", "started"]
