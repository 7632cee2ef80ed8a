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
from tests.support.edge.fakes import POLICY, FakePorts, Socket
from tests.support.waiting import DEADLINE_S

FRAME = bytes(FRAME_BYTES)
SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)
AUTH = {"type": "auth", "token": "ada"}
START = {"type": "start"}


def final(number: int, text: str = "word") -> FinalMessage:
    return FinalMessage(number=number, text=text, start_ms=0, end_ms=1, question=None, words=())


@asynccontextmanager
async def open_connection(
    fakes: FakePorts, socket: Socket, conn: str = "c1", session_id: str = "s1"
) -> AsyncIterator[Connection]:
    """Runs during the block, and must end by itself at its end."""
    connection = Connection(socket, fakes.ports, POLICY, conn=conn, session_id=session_id)
    running = asyncio.create_task(connection.run())
    try:
        yield connection
        async with asyncio.timeout(DEADLINE_S):
            await running
    finally:
        running.cancel()


async def started(socket: Socket) -> None:
    socket.say(AUTH)
    socket.say(START)
    await socket.until(lambda: "started" in socket.types())


async def test_a_session_from_token_to_report() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket) as connection:
        await started(socket)
        socket.say(FRAME)
        socket.say({"type": "end"})
        await socket.until(lambda: len(fakes.log.records) == 3)
        connection.deliver(SUMMARY)
        connection.deliver(ReportMessage(error="none"))
    assert socket.types() == ["ready", "started", "ack", "summary", "report"]
    assert socket.closed == (1000, "done")
    assert [record.kind.value for record in fakes.log.records] == ["start", "frame", "end"]
    assert [event.session_id for event in fakes.log.announced] == ["s1"]
    assert socket.sent[1]["resume_token"] == "ada may resume s1"


async def test_a_fatal_error_is_the_last_message() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket):
        await started(socket)
        fakes.log.accepting.clear()
        socket.say(FRAME)
        socket.say(b"odd")
        await socket.until(lambda: socket.taken == 4)
        fakes.log.accepting.set()
    assert socket.types() == ["ready", "started", "ack", "error"]
    assert socket.sent[-1]["fatal"]
    assert socket.closed == (4400, "bad_audio")


@pytest.mark.parametrize(("code", "counted"), [(None, "gone"), (1007, "1007")])
async def test_clients_that_leave_and_protocol_violations_are_counted_separately(
    code: int | None, counted: str
) -> None:
    def closes() -> float:
        return REGISTRY.get_sample_value("rostrum_edge_connections_closed_total", {"code": counted}) or 0.0

    before = closes()
    socket = Socket()
    async with open_connection(FakePorts(), socket):
        await started(socket)
        socket.leave(code)
    assert socket.closed is None
    assert closes() == before + 1


async def test_a_rejected_token_closes_the_connection() -> None:
    socket = Socket()
    async with open_connection(FakePorts(), socket):
        socket.say({"type": "auth", "token": "???"})
    assert [message["code"] for message in socket.sent] == ["token_malformed"]
    assert socket.closed == (4401, "token_malformed")


async def test_nothing_is_appended_after_a_failed_record() -> None:
    fakes, socket = FakePorts(), Socket()
    fakes.log.fails_at = 2
    async with open_connection(fakes, socket):
        await started(socket)
        for _ in range(4):
            socket.say(FRAME)
    assert socket.types() == ["ready", "started", "ack", "error"]
    assert socket.sent[-1]["retry_after_ms"] > 0
    assert socket.closed == (1013, "not_kept")
    assert [record.seq for record in fakes.log.records] == [None, 0]


async def test_the_socket_is_not_read_while_kafka_is_slow() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket) as connection:
        await started(socket)
        fakes.log.accepting.clear()
        for _ in range(100):
            socket.say(FRAME)
        for _ in range(500):
            await asyncio.sleep(0)
        assert socket.taken <= 2 + 10
        assert 5 < connection.queued_records <= 10
        fakes.log.accepting.set()
        await socket.until(lambda: socket.sent[-1].get("frames") == 100)
        socket.leave()
    assert len(fakes.log.records) == 101


async def test_a_client_that_does_not_read_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_CLOSE_TIMEOUT_S", 0.05)
    fakes, socket = FakePorts(), Socket(reads=False)
    async with open_connection(fakes, socket) as connection:
        socket.say(AUTH)
        socket.say(START)
        await socket.until(lambda: fakes.log.announced)
        for number in range(1, 1100):
            connection.deliver(final(number, "word " * 1000))
    assert socket.closed == (1013, "too_slow")


async def test_records_of_a_client_that_left_are_still_appended() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket):
        await started(socket)
        fakes.log.accepting.clear()
        for _ in range(3):
            socket.say(FRAME)
        socket.leave()
        await socket.until(lambda: socket.taken == 5)
        fakes.log.accepting.set()
    assert len(fakes.log.records) == 4
    assert socket.closed is None


async def test_draining_waits_for_records_in_flight() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket) as connection:
        await started(socket)
        fakes.log.accepting.clear()
        socket.say(FRAME)
        await socket.until(lambda: socket.taken == 3)
        connection.drain()
        fakes.log.accepting.set()
    assert socket.types() == ["ready", "started", "notice", "ack"]
    assert socket.closed == (1001, "draining")


async def test_ticks_come_when_they_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    really_sleep = asyncio.sleep

    async def sleep(delay_s: float) -> None:
        # Sleeping advances the clock, and no real time passes.
        waits.append(delay_s)
        if delay_s:
            fakes.clock.ms += int(delay_s * 1000)
        await really_sleep(0)

    fakes, socket = FakePorts(), Socket()
    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with open_connection(fakes, socket):
        pass
    assert next(delay_s for delay_s in waits if delay_s) == 5.0
    assert socket.closed == (4408, "token_missing")


async def test_token_verification_has_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorisation, "_VERIFY_TIMEOUT_S", 0.01)
    fakes, unknown, known = FakePorts(), Socket(), Socket()
    async with open_connection(fakes, unknown):
        unknown.say({"type": "auth", "token": "never"})
        await unknown.until(lambda: unknown.closed)
    assert unknown.closed == (1013, "login_unavailable")
    async with open_connection(fakes, known):
        await started(known)
        known.say({"type": "auth", "token": "never"})
        known.say({"type": "ping", "id": 1})
        await known.until(lambda: "pong" in known.types())
        known.leave()
        [error] = [message for message in known.sent if message["type"] == "error"]
        assert (error["code"], error["fatal"]) == ("login_unavailable", False)


async def test_audio_in_another_format_is_decoded_in_order() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket) as connection:
        socket.say(AUTH)
        socket.say({"type": "start", "audio": {"encoding": "pcm_f32le", "sample_rate": 48_000, "channels": 2}})
        await socket.until(lambda: "started" in socket.types())
        assert socket.sent[1]["frame_bytes"] == 96_000
        for question in (1, 2):
            socket.say({"type": "answer", "question": question})
            socket.say(bytes(8 * 13_000))
        socket.say({"type": "end"})
        await socket.until(lambda: fakes.log.records[-1].kind is RecordKind.END)
        connection.deliver(SUMMARY)
        connection.deliver(ReportMessage(error="none"))
    kinds = [record.kind.value for record in fakes.log.records]
    assert kinds == ["start", "answer", "frame", "answer", "frame", "frame", "end"]
    answers = [AnswerBegun.model_validate_json(fakes.log.records[at].value).from_sample for at in (1, 3)]
    assert answers == [0, 4334]
    frames = [record.value for record in fakes.log.records if record.kind is RecordKind.FRAME]
    assert sum(map(len, frames)) == 2 * 8667


async def test_a_closed_connection_releases_the_session_quota() -> None:
    fakes, first, second, third = FakePorts(), Socket(), Socket(), Socket()
    start = {"type": "start", "competition": "spring"}
    async with open_connection(fakes, first):
        first.say(AUTH)
        first.say(start)
        await first.until(lambda: "started" in first.types())
        async with open_connection(fakes, second, "c2"):
            second.say(AUTH)
            second.say(start)
        assert second.closed == (4429, "too_many_sessions")
        first.leave()
    async with open_connection(fakes, third, "c3", "s3"):
        third.say(AUTH)
        third.say(start)
        await third.until(lambda: "started" in third.types())
        third.leave()
    assert len(fakes.session_quota) == 0


async def test_a_token_that_cannot_be_verified_closes_with_a_retry_time() -> None:
    socket = Socket()
    async with open_connection(FakePorts(), socket):
        socket.say({"type": "auth", "token": "unavailable"})
    assert socket.closed == (1013, "login_unavailable")
    assert socket.sent[-1]["retry_after_ms"] > 0


async def test_messages_after_a_token_wait_for_its_verification() -> None:
    fakes, socket = FakePorts(), Socket()
    async with open_connection(fakes, socket):
        socket.say({"type": "auth", "token": "slowly"})
        socket.say(START)
        await socket.until(lambda: "started" in socket.types())
        socket.leave()
    assert socket.types() == ["ready", "started"]
