"""The edge on the real broker, its clients over real TLS; the test plays the stages behind it."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from infra.kafka.settings import KafkaSettings
from schemas.audio import FRAME_BYTES
from schemas.sessions import AnswerBegun, EndCause, Question, RecordKind, SessionEnded, SessionStarted
from schemas.topics import Topic
from schemas.wire import FinalMessage, Partial, Questions, ReportMessage, Summary
from tests.support.audio.containers import recorded, tone
from tests.support.edge.in_process import FRAME, Address, Client, FakeStages, client, edge
from tests.support.kafka.shared_node import listener_on
from tests.support.processes.stage_in_process import read

SUMMARY = Summary(words=2, speech_ms=500, audio_ms=600, words_per_minute=120.0, finals=2)
REPORT = ReportMessage(error="No report in this test.")
QUESTIONS = Questions(questions=(Question(number=1, text="How are you?"),), source="bank")


def final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text="word", start_ms=0, end_ms=250, question=1, words=())


def partial(text: str, after_final: int) -> Partial:
    return Partial(text=text, start_ms=0, end_ms=250, after_final=after_final)


async def test_a_whole_session(address: Address, fake_stages: FakeStages, kafka: KafkaSettings) -> None:
    async with client(address) as speaker:
        ready = await speaker.authorise(address.token("ada", name="Ada Lovelace", org="school", groups=["9b"]))
        assert ready == {
            "type": "ready",
            "protocol": 1,
            "user_id": "ada",
            "limits": {"session_s": 3600, "resume_grace_s": 30, "message_bytes": 393216},
        }
        await speaker.send("start", competition="spring", topic="weather", questions=3)
        started = await speaker.receive("started")
        assert (started["frame_ms"], started["frame_bytes"], started["next_frame"]) == (250, FRAME_BYTES, 0)
        session_id = started["session_id"]

        await speaker.send("answer", question=1)
        await speaker.send_audio(FRAME + FRAME[:3000])
        await speaker.send("answer", question=1)
        await speaker.send("answer", question=2)
        await speaker.send_audio(FRAME)
        await speaker.wait_for_ack(2)
        await fake_stages.seen(session_id, RecordKind.FRAME, 2)
        await fake_stages.reply(session_id, QUESTIONS)
        await fake_stages.reply(session_id, None)
        await fake_stages.reply(session_id, final(1), conn="another connection")
        await fake_stages.reply(session_id, partial("w", after_final=0))
        await speaker.receive("partial")
        await fake_stages.reply(session_id, QUESTIONS)
        await fake_stages.reply(session_id, final(1))
        await fake_stages.reply(session_id, partial("outdated", after_final=0))
        await fake_stages.send_raw(session_id, b'{"type": "reply", "no": "reply"}')
        await fake_stages.reply(session_id, final(1))
        await speaker.receive("final")

        await speaker.send("end")
        await speaker.wait_for_ack(3)
        await fake_stages.seen(session_id, RecordKind.END)
        await fake_stages.reply(session_id, REPORT)
        await fake_stages.reply(session_id, SUMMARY)
        await fake_stages.reply(session_id, final(2))
        assert await speaker.closed() == 1000

    told = [message for message in speaker.received if message["type"] != "ack"]
    assert [message["type"] for message in told] == [
        *("ready", "started", "questions", "partial", "final", "final", "summary", "report"),
    ]
    assert [message["number"] for message in told if message["type"] == "final"] == [1, 2]
    assert told[-1]["error"] == "No report in this test."

    log = fake_stages.of(session_id)
    kinds = [entry.headers.kind.value for entry in log]
    assert kinds == ["start", "answer", "frame", "answer", "frame", "frame", "end"]
    assert len({entry.headers.conn for entry in log}) == 1
    assert {entry.headers.reply_to for entry in log} == {0}
    frames = [entry for entry in log if entry.headers.kind is RecordKind.FRAME]
    assert [(entry.headers.seq, len(entry.value)) for entry in frames] == [(0, 8000), (1, 8000), (2, 3000)]
    answers = [AnswerBegun.model_validate_json(entry.value) for entry in log if entry.headers.kind == "answer"]
    assert [(answer.question, answer.from_sample) for answer in answers] == [(1, 0), (2, 5500)]
    assert SessionEnded.model_validate_json(log[-1].value).cause is EndCause.CLIENT
    [event] = await read(kafka, Topic.SESSION_EVENTS, 1)
    assert event.value == log[0].value
    start = SessionStarted.model_validate_json(log[0].value)
    assert (start.user_id, start.display_name, start.org, start.groups) == ("ada", "Ada Lovelace", "school", ("9b",))
    assert (start.competition, start.topic, start.question_count) == ("spring", "weather", 3)


async def test_every_format_is_converted_to_the_logs_own(address: Address, fake_stages: FakeStages) -> None:
    token = address.token("ada")
    sound = np.repeat(tone(1.1), 2).astype("<f4").tobytes()
    webm, ogg = recorded("webm", 1.1), recorded("ogg", 1.1)
    for audio, sent, piece in (
        ({"encoding": "pcm_f32le", "sample_rate": 48_000, "channels": 2}, sound, 30_000),
        ({"encoding": "webm_opus"}, webm, 3000),
        ({"encoding": "ogg_opus"}, ogg, 3000),
    ):
        async with client(address) as speaker:
            started = await speaker.start(token, audio=audio)
            for start in range(0, len(sent), piece):
                await speaker.send_audio(sent[start : start + piece])
            await speaker.send("end")
            await speaker.wait_for_ack(5)
            frames = await fake_stages.seen(started["session_id"], RecordKind.FRAME, 5)
        heard = np.frombuffer(b"".join(entry.value for entry in frames), "<i2") / 32768
        assert len(heard) == 17_600
        assert np.abs(heard - tone(1.1, 16_000))[800:-800].max() < 0.05
    async with client(address) as bad:
        await bad.start(token, audio={"encoding": "webm_opus"})
        await bad.send_audio(ogg)
        error, closed = await bad.rejected()
        assert (error["code"], closed) == ("broken_audio", 4400)


async def test_a_recording_is_paused_only_for_the_transcriber(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_stages: FakeStages
) -> None:
    async with (
        edge(kafka, tmp_path, monkeypatch, EDGE_INGEST_BURST_S="60") as address,
        client(address) as speaker,
        client(address) as beside,
    ):
        await beside.start(address.token("eve"))
        session_id = (await speaker.start(address.token()))["session_id"]
        sending = asyncio.create_task(_send_audio(speaker, 200))
        await fake_stages.seen(session_id, RecordKind.FRAME, 120)
        await beside.send_audio(FRAME)
        await beside.wait_for_ack(1)
        assert len(fake_stages.of(session_id)) < 140
        await fake_stages.reply(session_id, None, heard_frames=100)
        await sending
        await speaker.wait_for_ack(200)
    assert [entry.headers.seq for entry in fake_stages.of(session_id)[1:]] == list(range(200))


async def test_messages_after_the_end_are_ignored(address: Address, fake_stages: FakeStages) -> None:
    async with client(address, plain=True) as speaker:
        session_id = (await speaker.start(address.token()))["session_id"]
        await speaker.send("end")
        for message in (FRAME, '{"type": "answer", "question": 1}', '{"type": "end"}'):
            await speaker.socket.send(message)
            error = await speaker.receive("error")
            assert (error["code"], error["fatal"]) == ("session_ended", False)
        await fake_stages.seen(session_id, RecordKind.END)
        await fake_stages.reply(session_id, SUMMARY.model_copy(update={"finals": 0}))
        await fake_stages.reply(session_id, REPORT)
        assert await speaker.closed() == 1000
    assert [entry.headers.kind.value for entry in fake_stages.of(session_id)] == ["start", "end"]


async def test_silent_clients_stay_and_clients_without_a_token_do_not(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_stages: FakeStages
) -> None:
    async with (
        edge(kafka, tmp_path, monkeypatch, ordinal=5, SESSION_GRACE_S="0.9", SESSION_MAX_S="1") as address,
        client(address) as anonymous,
        client(address) as speaker,
    ):
        session_id = (await speaker.start(address.token()))["session_id"]
        alive = await fake_stages.seen(session_id, RecordKind.ALIVE, 3)
        assert {entry.headers.reply_to for entry in alive} == {5}

        # A session cannot exceed its maximum length.
        for _ in range(5):
            await speaker.send_audio(FRAME)
        assert (await speaker.receive("notice"))["code"] == "session_too_long"
        [end] = await fake_stages.seen(session_id, RecordKind.END)
        assert SessionEnded.model_validate_json(end.value).cause is EndCause.LENGTH
        assert len(await fake_stages.seen(session_id, RecordKind.FRAME, 4)) == 4
        for message in (final(1), final(2), SUMMARY, REPORT):
            await fake_stages.reply(session_id, message)
        await speaker.receive("report")
        error, closed = await speaker.rejected()
        assert (error["code"], closed) == ("session_too_long", 4413)

        error, closed = await anonymous.rejected()
        assert (error["code"], closed) == ("token_missing", 4408)


async def test_draining_stores_the_audio_and_notifies_clients(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_stages: FakeStages
) -> None:
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(edge(kafka, tmp_path, monkeypatch))
        async with client(address) as speaker, client(address) as anonymous:
            session_id = (await speaker.start(address.token()))["session_id"]
            for _ in range(8):
                await speaker.send_audio(FRAME)
            await speaker.wait_for_ack(1)
            stopping = asyncio.create_task(stack.aclose())
            assert await speaker.closed() == 1001
            assert await anonymous.closed() == 1001
            await stopping
    assert [message["code"] for message in speaker.received if message["type"] == "notice"] == ["draining"]
    acked = max(message["frames"] for message in speaker.received if message["type"] == "ack")
    assert len(await fake_stages.seen(session_id, RecordKind.FRAME, acked)) == acked


async def test_a_pause_of_the_broker_loses_nothing(
    address: Address, fake_stages: FakeStages, kafka: KafkaSettings
) -> None:
    """By SIGSTOP: the sockets stay open and nothing arrives, as in a long pause of the broker's machine."""
    broker = listener_on(kafka.port)
    async with client(address) as speaker:
        session_id = (await speaker.start(address.token()))["session_id"]
        await speaker.send_audio(FRAME)
        await speaker.wait_for_ack(1)
        broker.suspend()
        try:
            sending = asyncio.create_task(_send_audio(speaker, 40))
            await speaker.send("ping", id=1)
            await speaker.receive("pong")
            await asyncio.sleep(4)
        finally:
            broker.resume()
        await sending
        await speaker.wait_for_ack(41)
        await fake_stages.reply(session_id, final(1))
        await speaker.receive("final")
    frames = await fake_stages.seen(session_id, RecordKind.FRAME, 41)
    assert [entry.headers.seq for entry in frames] == list(range(41))


async def _send_audio(speaker: Client, frames: int) -> None:
    for _ in range(frames):
        await speaker.send_audio(FRAME)
