"""Replies reach the connection they are for, and no other."""

import asyncio

from edge.registry import ConnectionRegistry
from schemas.replies import Reply, ReplyMessage, Resumed, Superseded
from schemas.wire import FinalMessage, Notice
from tests.support.edge.fakes import POLICY, FakePorts, Replies, Socket
from tests.support.waiting import DEADLINE_S

NOTICE = Notice(code="demo_model", message="Understands only the bundled recordings.")


def reply(session_id: str, conn: str, message: ReplyMessage | None) -> Reply:
    return Reply(event_id="e", at_ms=0, session_id=session_id, conn=conn, heard_frames=1, message=message)


async def test_replies_reach_their_connection_and_draining_closes_all() -> None:
    fakes, replies, ada, eve = FakePorts(), Replies(), Socket(), Socket()
    registry = ConnectionRegistry(fakes.ports, POLICY)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        delivering = tasks.create_task(registry.deliver(replies))
        for socket in (ada, eve):
            tasks.create_task(registry.handle(socket))
            socket.say({"type": "auth", "token": "name"})
            socket.say({"type": "start"})
            await socket.until(lambda socket=socket: "started" in socket.types())  # type: ignore[misc] # bound early
        session_id = ada.sent[1]["session_id"]
        conn = fakes.log.conns[session_id]
        final = FinalMessage(number=1, text="w", start_ms=0, end_ms=1, question=None, words=())
        replies.queue.put_nowait(reply("nobody's", conn, NOTICE))
        replies.queue.put_nowait(reply(session_id, "an older connection", NOTICE))
        replies.queue.put_nowait(reply(session_id, conn, None))
        replies.queue.put_nowait(reply(session_id, conn, final))
        await ada.until(lambda: "final" in ada.types())
        await registry.drain()
        delivering.cancel()
    assert ada.types() == ["ready", "started", "final", "notice"]
    assert eve.types() == ["ready", "started", "notice"]
    assert ada.closed == eve.closed == (1001, "draining")


async def resumed(registry: ConnectionRegistry, tasks: asyncio.TaskGroup, token: str) -> Socket:
    """A client that resumes the session of this token."""
    socket = Socket()
    tasks.create_task(registry.handle(socket))
    socket.say({"type": "auth", "token": "name"})
    socket.say({"type": "start", "resume": token, "have_final": 1})
    await socket.until(lambda: "started" in socket.types())
    return socket


async def test_two_connections_of_one_session_each_get_their_own_replies() -> None:
    fakes, replies, old = FakePorts(), Replies(), Socket()
    registry = ConnectionRegistry(fakes.ports, POLICY)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        delivering = tasks.create_task(registry.deliver(replies))
        tasks.create_task(registry.handle(old))
        old.say({"type": "auth", "token": "name"})
        old.say({"type": "start"})
        await old.until(lambda: "started" in old.types())
        session_id = old.sent[1]["session_id"]
        old_conn = fakes.log.conns[session_id]
        new = await resumed(registry, tasks, old.sent[1]["resume_token"])
        assert new.sent[1]["session_id"] == session_id
        new_conn = fakes.log.conns[session_id]
        assert new_conn != old_conn
        replies.queue.put_nowait(reply(session_id, new_conn, Resumed(next_frame=0)))
        replies.queue.put_nowait(reply(session_id, old_conn, Superseded()))
        final = FinalMessage(number=2, text="w", start_ms=0, end_ms=1, question=None, words=())
        replies.queue.put_nowait(reply(session_id, new_conn, final))
        await new.until(lambda: "final" in new.types())
        await old.until(lambda: old.closed)
        replies.queue.put_nowait(reply(session_id, new_conn, NOTICE))
        await new.until(lambda: "notice" in new.types())
        await registry.drain()
        delivering.cancel()
    assert old.closed == (4409, "superseded")
    assert new.closed == (1001, "draining")


async def test_the_admission_control_gets_the_transcription_lag() -> None:
    fakes, replies, ada = FakePorts(), Replies(), Socket()
    registry = ConnectionRegistry(fakes.ports, POLICY)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        delivering = tasks.create_task(registry.deliver(replies))
        reporting = tasks.create_task(registry.report_lag())
        tasks.create_task(registry.handle(ada))
        ada.say({"type": "auth", "token": "name"})
        ada.say({"type": "start"})
        await ada.until(lambda: "started" in ada.types())
        for number in range(1, 21):
            fakes.clock.ms += 250
            ada.say(bytes(8000))
            await ada.until(lambda number=number: ada.sent[-1].get("frames") == number)  # type: ignore[misc] # bound early
        while fakes.admission.lag_s < 3:
            fakes.clock.ms += 250
            await asyncio.sleep(0.01)
        assert fakes.admission.closed
        session_id = ada.sent[1]["session_id"]
        news = reply(session_id, fakes.log.conns[session_id], None).model_copy(update={"heard_frames": 20})
        replies.queue.put_nowait(news)
        while fakes.admission.closed:
            fakes.clock.ms += 250
            await asyncio.sleep(0.01)
        await registry.drain()
        delivering.cancel()
        reporting.cancel()


async def test_a_client_that_connects_during_a_drain_is_closed() -> None:
    registry, late = ConnectionRegistry(FakePorts().ports, POLICY), Socket()
    async with asyncio.timeout(DEADLINE_S):
        await registry.drain()
        await registry.handle(late)
    assert late.closed == (1001, "draining")


async def test_draining_without_clients_returns_at_once() -> None:
    draining = asyncio.create_task(ConnectionRegistry(FakePorts().ports, POLICY).drain())
    for _ in range(10):
        await asyncio.sleep(0)
    assert draining.done()


async def test_the_failure_of_one_connection_affects_no_other() -> None:
    class Broken(Socket):
        async def send(self, text: bytes) -> None:
            raise RuntimeError(f"a fault of ours at {len(text)} characters")

    fakes, broken, fine = FakePorts(), Broken(), Socket()
    registry = ConnectionRegistry(fakes.ports, POLICY)
    good = asyncio.create_task(registry.handle(fine))
    bad = asyncio.create_task(registry.handle(broken))
    broken.say({"type": "auth", "token": "eve"})
    await asyncio.wait({bad}, timeout=DEADLINE_S)
    assert isinstance(bad.exception(), ExceptionGroup)
    fine.say({"type": "auth", "token": "ada"})
    fine.say({"type": "ping", "id": 1})
    await fine.until(lambda: "pong" in fine.types())
    await registry.drain()
    await good
