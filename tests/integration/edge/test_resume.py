"""Sessions that go on over another connection: real edge processes, the real transcriber, a real broker."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from edge.adapters.resume_tokens import SignedResumeTokens, resume_keys
from edge.core.effects import ResumeClaims
from infra.clock import SystemClock
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from schemas.sessions import EndCause
from schemas.wire import AudioFormat
from tests.support.audio.speech import joined
from tests.support.clients.resuming_client import ResumingClient
from tests.support.clients.silent_network import network_to
from tests.support.edge.fake_analyze import Reporter, reporting
from tests.support.edge.in_process import Client, Message, client
from tests.support.edge.processes import Edge
from tests.support.kafka.shared_node import listener_on
from tests.support.processes.stage_process import processes
from tests.support.transcribe.processes import Transcriber, stored
from tests.support.transcribe.session_log import check_complete, counted, logged
from tests.support.transcribe.session_records import frames_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRACE_S = 6.0
PRODUCE_TIMEOUT_S = 2.0
"""The second edge's produce timeout."""
OLD, NEW = "the secret of before", "the secret of from now on"
SPEECH = joined("sentence_1", "sentence_2", "sentence_3").pcm
ENDLESS = joined("sentence_1", "sentence_2", "sentence_3", "sentence_4", "sentence_5", "sentence_6").pcm * 5
SHORT = joined("sentence_2").pcm


@dataclass(frozen=True)
class World:
    """Two edges with one data folder, one transcriber, and a fake analyze stage."""

    kafka: KafkaSettings
    edges: tuple[Edge, Edge]
    reporter: Reporter

    def speaker(self, *urls: str, pcm: bytes = ENDLESS, user: str = "ada", speed: float = 0.5) -> ResumingClient:
        return ResumingClient(urls, self.edges[0].address.token(user), pcm, speed=speed)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(kafka_node: KafkaSettings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    kafka = kafka_node.model_copy(update={"prefix": f"test-{secrets.token_hex(4)}."})
    await create_topics(kafka)
    data = tmp_path_factory.mktemp("resume")
    settings = {"SESSION_GRACE_S": str(GRACE_S), "EDGE_RESUME_SECRET": OLD, "EDGE_RESUME_SECRET_PREVIOUS": NEW}
    first = Edge(kafka, data, 0, **settings)
    second = Edge(kafka, data, 1, **settings, EDGE_PRODUCE_TIMEOUT_S=str(PRODUCE_TIMEOUT_S))
    transcriber = Transcriber(kafka, data / "transcribe.log", instance="0", SESSION_GRACE_S=str(GRACE_S))
    async with reporting(kafka) as reporter, processes(first, second, transcriber):
        yield World(kafka, (first, second), reporter)


async def rolled(edge: Edge, **settings: str) -> None:
    """Restart an edge as a deployment does."""
    edge.signal(signal.SIGTERM)
    assert await edge.ended() == 0
    assert "deadline passed" not in edge.log.read_text(), "it ended by itself"
    edge.environment |= settings
    await edge.start()


async def further(speakers: list[ResumingClient]) -> None:
    """Returns when more frames of each are acknowledged."""
    await asyncio.gather(*(each.begun(frames=each.acked + 2) for each in speakers))


async def test_live_sessions_survive_a_rolling_restart_and_kills(world: World) -> None:
    """Both edges are restarted in turn, with a new secret for resume tokens; then both are killed in turn."""
    first, second = world.edges
    speakers = [world.speaker(first.url, second.url), world.speaker(second.url, first.url)]
    speaking = [asyncio.create_task(each.speak()) for each in speakers]
    await further(speakers)

    renewed = {"EDGE_RESUME_SECRET": NEW, "EDGE_RESUME_SECRET_PREVIOUS": OLD}
    for edge in (first, second):
        await rolled(edge, **renewed)
    await further(speakers)
    await first.kill()
    await further(speakers)
    await first.start()
    await second.kill()
    await further(speakers)
    for speaker in speakers:
        speaker.stop_speaking()
    await asyncio.gather(*speaking)

    assert sum(each.close_codes.count(1001) for each in speakers) >= 2
    assert sum(each.close_codes.count(1006) for each in speakers) >= 2
    for speaker in speakers:
        assert "draining" in [notice["code"] for notice in speaker.of("notice")]
        await check_complete(world.kafka, speaker, speaker.pcm)
    undisturbed = [world.speaker(first.url, pcm=each.pcm, speed=8) for each in speakers]
    await asyncio.gather(second.start(), *(each.speak() for each in undisturbed))
    assert [each.finals for each in speakers] == [each.finals for each in undisturbed]


async def test_a_pause_beyond_the_produce_timeout_leaves_no_gap(world: World) -> None:
    """By SIGSTOP. A record that timed out may reach the log later; its client is asked to reconnect."""
    broker = listener_on(world.kafka.port)
    speaker = world.speaker(world.edges[1].url, pcm=SPEECH, speed=1.5)
    speaking = asyncio.create_task(speaker.speak())
    await speaker.begun(frames=8)
    broker.suspend()
    try:
        await speaker.lost(1013)
        await asyncio.sleep(PRODUCE_TIMEOUT_S / 4)
    finally:
        broker.resume()
    await speaking
    assert "not_kept" in [error["code"] for error in speaker.of("error")]
    await check_complete(world.kafka, speaker, SPEECH)


async def resumed(connection: Client, edge: Edge, token: str, from_frame: int, user: str = "ada") -> None:
    await connection.authorise(edge.address.token(user))
    await connection.send("start", resume=token, from_frame=from_frame)


async def test_one_session_has_one_connection_and_one_user(world: World) -> None:
    first, second = world.edges
    frames = list(frames_of(SHORT))
    async with AsyncExitStack() as stack:

        async def connected(edge: Edge) -> Client:
            return await stack.enter_async_context(client(edge.address, plain=True))

        ada = await connected(first)
        started = await ada.start(first.address.token("ada"))
        token = started["resume_token"]
        anonymous = await connected(first)
        await anonymous.send("auth", token=token)
        assert (await anonymous.rejected())[1] == 4401
        for frame in frames[:4]:
            await ada.send_audio(frame)
        await ada.wait_for_ack(4)

        elsewhere = await connected(second)
        await resumed(elsewhere, second, token, from_frame=4)
        again = await elsewhere.receive("started")
        assert (again["session_id"], again["next_frame"]) == (started["session_id"], 4)
        error, closed = await ada.rejected()
        assert (error["code"], closed) == ("superseded", 4409)
        for frame in frames[4:6]:
            await elsewhere.send_audio(frame)
        await elsewhere.wait_for_ack(6)

        eve = await connected(first)
        await resumed(eve, first, token, from_frame=6, user="eve")
        error, closed = await eve.rejected()
        assert (error["code"], closed) == ("not_your_session", 4403)
        hasty = await connected(first)
        await resumed(hasty, first, again["resume_token"], from_frame=7)
        error, closed = await hasty.rejected()
        assert (error["code"], closed) == ("frame_gap", 4400)

        newest = await connected(second)
        await resumed(newest, second, again["resume_token"], from_frame=6)
        await newest.receive("started")
        for frame in frames[6:]:
            await newest.send_audio(frame)
        await newest.send("end")
        error, closed = await elsewhere.rejected()
        assert (error["code"], closed) == ("superseded", 4409)
        await newest.wait_for_ack(len(frames))
        assert await newest.closed() == 1000
    assert counted(await logged(world.kafka, started["session_id"])) == frames


async def start(speaker: Client, edge: Edge, frames: list[bytes]) -> Message:
    """Start a session and send these frames; returns `started` once all are acknowledged."""
    started = await speaker.start(edge.address.token("ada"))
    for frame in frames:
        await speaker.send_audio(frame)
    await speaker.wait_for_ack(len(frames))
    return started


async def silent(world: World) -> str:
    """Sends nothing for longer than the grace, but stays connected."""
    frames = list(frames_of(SHORT))
    async with client(world.edges[0].address, plain=True) as speaker:
        started = await start(speaker, world.edges[0], frames[:4])
        await asyncio.sleep(1.6 * GRACE_S)
        for frame in frames[4:]:
            await speaker.send_audio(frame)
        await speaker.send("end")
        assert await speaker.closed() == 1000
    session_id = str(started["session_id"])
    assert (await world.reporter.ended(session_id)).ended_by is EndCause.CLIENT
    return session_id


async def gone_for_too_long(world: World) -> str:
    """Drops the connection, and resumes at the other edge long after the grace."""
    frames = list(frames_of(SHORT))[:-1]
    async with client(world.edges[0].address, plain=True) as speaker:
        started = await start(speaker, world.edges[0], frames)
        speaker.socket.transport.abort()
    session_id = str(started["session_id"])
    assert (await world.reporter.ended(session_id)).ended_by is EndCause.IDLE
    async with client(world.edges[1].address, plain=True) as speaker:
        await resumed(speaker, world.edges[1], started["resume_token"], from_frame=len(frames))
        assert await speaker.closed() == 1000
    assert [each["type"] for each in speaker.received if each["type"] not in ("ready", "final")] == [
        *("started", "summary", "report")
    ]
    finals, _ = await stored(world.kafka, session_id)
    assert [each["text"] for each in speaker.received if each["type"] == "final"] == [final.text for final in finals]
    return session_id


async def lost_after_the_end(world: World) -> str:
    """Loses the connection while waiting for the report, before its last frames are acknowledged."""
    frames = list(frames_of(SHORT))
    async with client(world.edges[0].address, plain=True) as speaker:
        started = await start(speaker, world.edges[0], frames[:-2])
        for frame in frames[-2:]:
            await speaker.send_audio(frame)
        await speaker.send("end")
        session_id = str(started["session_id"])
        await world.reporter.ended(session_id)
        speaker.socket.transport.abort()
    had = [each["number"] for each in speaker.received if each["type"] == "final"]
    async with client(world.edges[1].address, plain=True) as again:
        await again.authorise(world.edges[1].address.token("ada"))
        await again.send("start", resume=started["resume_token"], from_frame=len(frames) - 2, have_final=len(had))
        await again.receive("started")
        await again.wait_for_ack(len(frames))
        assert await again.closed() == 1000
    finals, _ = await stored(world.kafka, session_id)
    had += [each["number"] for each in again.received if each["type"] == "final"]
    assert had == [final.number for final in finals]
    assert [each["type"] for each in again.received[-2:]] == ["summary", "report"]
    return session_id


async def without_a_network(world: World) -> str:
    """The network fails silently for a while, for both the client and the edge."""
    async with network_to(world.edges[0].address.plain_port) as network:
        speaker = world.speaker(f"ws://127.0.0.1:{network.port}/v1/stream", pcm=SPEECH, speed=1.5)
        speaker.silence_s = GRACE_S / 3
        speaking = asyncio.create_task(speaker.speak())
        await speaker.begun(frames=8)
        network.go()
        await asyncio.sleep(GRACE_S / 2)
        network.come_back()
        await speaking
    assert 1006 in speaker.close_codes
    await check_complete(world.kafka, speaker, SPEECH)
    return speaker.session_id


async def of_no_session(world: World) -> None:
    """Has a valid token for a session that does not exist."""
    edge = world.edges[0]
    tokens = SignedResumeTokens(resume_keys([NEW], ""), SystemClock(), valid_s=60)
    token = tokens.issue(ResumeClaims("no session", "ada", None, AudioFormat()))
    async with client(edge.address, plain=True) as speaker:
        await resumed(speaker, edge, token, from_frame=0)
        error, closed = await speaker.rejected()
        assert (error["code"], closed) == ("no_session", 4404)


async def test_lost_and_silent_clients(world: World) -> None:
    *sessions, _ = await asyncio.gather(
        silent(world),
        gone_for_too_long(world),
        lost_after_the_end(world),
        without_a_network(world),
        of_no_session(world),
    )
    for session_id in sessions:
        _, transcribed = await stored(world.kafka, session_id)
        assert len(transcribed) == 1
