"""Replies find the connection they are for, and nobody else's."""

import asyncio

from edge.registry import ConnectionRegistry
from schemas.replies import Reply, ReplyMessage, Resumed, Superseded
from schemas.wire import FinalMessage, Notice
from tests.support.edge.fakes import POLICY, Replies, Socket, World
from tests.support.waiting import DEADLINE_S

NOTICE = Notice(code="demo_model", message="Understands only the bundled recordings.")


def reply(session_id: str, conn: str, message: ReplyMessage | None) -> Reply:
    return Reply(event_id="e", at_ms=0, session_id=session_id, conn=conn, heard_frames=1, message=message)


async def test_replies_find_their_connection_and_everybody_leaves_at_the_end() -> None:
    world, replies, ada, eve = World(), Replies(), Socket(), Socket()
    speakers = ConnectionRegistry(world.ports, POLICY)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        distributing = tasks.create_task(speakers.deliver(replies))
        for socket in (ada, eve):
            tasks.create_task(speakers.handle(socket))
            socket.say({"type": "auth", "token": "name"})
            socket.say({"type": "start"})
            await socket.until(lambda socket=socket: "started" in socket.types())  # type: ignore[misc] # bound early
        session_id = ada.sent[1]["session_id"]
        conn = world.log.conns[session_id]
        final = FinalMessage(number=1, text="w", start_ms=0, end_ms=1, question=None, words=())
        replies.queue.put_nowait(reply("nobody's", conn, NOTICE))
        replies.queue.put_nowait(reply(session_id, "an older connection", NOTICE))
        replies.queue.put_nowait(reply(session_id, conn, None))
        replies.queue.put_nowait(reply(session_id, conn, final))
        await ada.until(lambda: "final" in ada.types())
        await speakers.drain()
        distributing.cancel()
    assert ada.types() == ["ready", "started", "final", "notice"]
    assert eve.types() == ["ready", "started", "notice"]
    assert ada.closed == eve.closed == (1001, "draining")


async def resumed(speakers: ConnectionRegistry, tasks: asyncio.TaskGroup, token: str) -> Socket:
    """A client that goes on with the session of this token."""
    socket = Socket()
    tasks.create_task(speakers.handle(socket))
    socket.say({"type": "auth", "token": "name"})
    socket.say({"type": "start", "resume": token, "have_final": 1})
    await socket.until(lambda: "started" in socket.types())
    return socket


async def test_two_connections_of_one_session_each_get_what_is_theirs() -> None:
    world, replies, old = World(), Replies(), Socket()
    speakers = ConnectionRegistry(world.ports, POLICY)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        distributing = tasks.create_task(speakers.deliver(replies))
        tasks.create_task(speakers.handle(old))
        old.say({"type": "auth", "token": "name"})
        old.say({"type": "start"})
        await old.until(lambda: "started" in old.types())
        session_id = old.sent[1]["session_id"]
        old_conn = world.log.conns[session_id]
        new = await resumed(speakers, tasks, old.sent[1]["resume_token"])
        assert new.sent[1]["session_id"] == session_id
        new_conn = world.log.conns[session_id]
        assert new_conn != old_conn
        replies.queue.put_nowait(reply(session_id, new_conn, Resumed(next_frame=0)))
        replies.queue.put_nowait(reply(session_id, old_conn, Superseded()))
        final = FinalMessage(number=2, text="w", start_ms=0, end_ms=1, question=None, words=())
        replies.queue.put_nowait(reply(session_id, new_conn, final))
        await new.until(lambda: "final" in new.types())
        await old.until(lambda: old.closed)
        replies.queue.put_nowait(reply(session_id, new_conn, NOTICE))
        await new.until(lambda: "notice" in new.types())
        await speakers.drain()
        distributing.cancel()
    assert old.closed == (4409, "superseded")
    assert new.closed == (1001, "draining")


async def test_how_far_the_transcriber_is_behind_is_known_to_the_admission() -> None:
    world, replies, ada = World(), Replies(), Socket()
    speakers = ConnectionRegistry(world.ports, POLICY)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        distributing = tasks.create_task(speakers.deliver(replies))
        watching = tasks.create_task(speakers.report_lag())
        tasks.create_task(speakers.handle(ada))
        ada.say({"type": "auth", "token": "name"})
        ada.say({"type": "start"})
        await ada.until(lambda: "started" in ada.types())
        for number in range(1, 21):
            world.clock.ms += 250
            ada.say(bytes(8000))
            await ada.until(lambda number=number: ada.sent[-1].get("frames") == number)  # type: ignore[misc] # bound early
        while world.admission.lag_s < 3:
            world.clock.ms += 250
            await asyncio.sleep(0.01)
        assert world.admission.closed
        session_id = ada.sent[1]["session_id"]
        news = reply(session_id, world.log.conns[session_id], None).model_copy(update={"heard_frames": 20})
        replies.queue.put_nowait(news)
        while world.admission.closed:
            world.clock.ms += 250
            await asyncio.sleep(0.01)
        await speakers.drain()
        distributing.cancel()
        watching.cancel()


async def test_who_comes_while_the_others_leave_is_sent_away_as_well() -> None:
    speakers, late = ConnectionRegistry(World().ports, POLICY), Socket()
    async with asyncio.timeout(DEADLINE_S):
        await speakers.drain()
        await speakers.handle(late)
    assert late.closed == (1001, "draining")


async def test_with_nobody_there_a_stop_takes_no_time() -> None:
    draining = asyncio.create_task(ConnectionRegistry(World().ports, POLICY).drain())
    for _ in range(10):
        await asyncio.sleep(0)
    assert draining.done()


async def test_the_fault_of_one_conversation_is_nobody_elses() -> None:
    class Broken(Socket):
        async def send(self, text: bytes) -> None:
            raise RuntimeError(f"a fault of ours at {len(text)} characters")

    world, broken, fine = World(), Broken(), Socket()
    speakers = ConnectionRegistry(world.ports, POLICY)
    good = asyncio.create_task(speakers.handle(fine))
    bad = asyncio.create_task(speakers.handle(broken))
    broken.say({"type": "auth", "token": "eve"})
    await asyncio.wait({bad}, timeout=DEADLINE_S)
    assert isinstance(bad.exception(), ExceptionGroup)
    fine.say({"type": "auth", "token": "ada"})
    fine.say({"type": "ping", "id": 1})
    await fine.until(lambda: "pong" in fine.types())
    await speakers.drain()
    await good
