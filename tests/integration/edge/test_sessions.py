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
from tests.support.edge.in_process import FRAME, Address, Client, Stages, client, edge
from tests.support.kafka.shared_node import listener_on
from tests.support.processes.stage_in_process import read

SUMMARY = Summary(words=2, speech_ms=500, audio_ms=600, words_per_minute=120.0, finals=2)
REPORT = ReportMessage(error="No report in this test.")
QUESTIONS = Questions(questions=(Question(number=1, text="How are you?"),), source="bank")


def final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text="word", start_ms=0, end_ms=250, question=1, words=())


def partial(text: str, after_final: int) -> Partial:
    return Partial(text=text, start_ms=0, end_ms=250, after_final=after_final)


async def test_a_whole_session(address: Address, later: Stages, kafka: KafkaSettings) -> None:
    async with client(address) as speaker:
        ready = await speaker.authorise(address.token("ada", name="Ada Lovelace", org="school", groups=["9b"]))
        assert ready == {
            "type": "ready",
            "protocol": 1,
            "user_id": "ada",
            "limits": {"session_s": 3600, "resume_grace_s": 30, "message_bytes": 393216},
        }
        await speaker.say("start", competition="spring", topic="weather", questions=3)
        started = await speaker.hear("started")
        assert (started["frame_ms"], started["frame_bytes"], started["next_frame"]) == (250, FRAME_BYTES, 0)
        session_id = started["session_id"]

        await speaker.say("answer", question=1)
        await speaker.play(FRAME + FRAME[:3000])
        await speaker.say("answer", question=1)
        await speaker.say("answer", question=2)
        await speaker.play(FRAME)
        await speaker.acked(2)
        await later.seen(session_id, RecordKind.FRAME, 2)
        await later.reply(session_id, QUESTIONS)
        await later.reply(session_id, None)
        await later.reply(session_id, final(1), conn="another connection")
        await later.reply(session_id, partial("w", after_final=0))
        await speaker.hear("partial")
        await later.reply(session_id, QUESTIONS)
        await later.reply(session_id, final(1))
        await later.reply(session_id, partial("outdated", after_final=0))
        await later.send_raw(session_id, b'{"type": "reply", "no": "reply"}')
        await later.reply(session_id, final(1))
        await speaker.hear("final")

        await speaker.say("end")
        await speaker.acked(3)
        await later.seen(session_id, RecordKind.END)
        await later.reply(session_id, REPORT)
        await later.reply(session_id, SUMMARY)
        await later.reply(session_id, final(2))
        assert await speaker.closed() == 1000

    told = [message for message in speaker.received if message["type"] != "ack"]
    assert [message["type"] for message in told] == [
        *("ready", "started", "questions", "partial", "final", "final", "summary", "report"),
    ]
    assert [message["number"] for message in told if message["type"] == "final"] == [1, 2]
    assert told[-1]["error"] == "No report in this test."

    log = later.of(session_id)
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


async def test_every_format_becomes_the_logs_own(address: Address, later: Stages) -> None:
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
                await speaker.play(sent[start : start + piece])
            await speaker.say("end")
            await speaker.acked(5)
            frames = await later.seen(started["session_id"], RecordKind.FRAME, 5)
        heard = np.frombuffer(b"".join(entry.value for entry in frames), "<i2") / 32768
        assert len(heard) == 17_600
        assert np.abs(heard - tone(1.1, 16_000))[800:-800].max() < 0.05
    async with client(address) as bad:
        await bad.start(token, audio={"encoding": "webm_opus"})
        await bad.play(ogg)
        error, closed = await bad.refused()
        assert (error["code"], closed) == ("broken_audio", 4400)


async def test_a_recording_waits_for_the_transcriber_and_for_nothing_else(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: Stages
) -> None:
    async with (
        edge(kafka, tmp_path, monkeypatch, EDGE_INGEST_BURST_S="60") as address,
        client(address) as speaker,
        client(address) as beside,
    ):
        await beside.start(address.token("eve"))
        session_id = (await speaker.start(address.token()))["session_id"]
        sending = asyncio.create_task(_play(speaker, 200))
        await later.seen(session_id, RecordKind.FRAME, 120)
        await beside.play(FRAME)
        await beside.acked(1)
        assert len(later.of(session_id)) < 140
        await later.reply(session_id, None, heard_frames=100)
        await sending
        await speaker.acked(200)
    assert [entry.headers.seq for entry in later.of(session_id)[1:]] == list(range(200))


async def test_after_the_end_nothing_is_taken(address: Address, later: Stages) -> None:
    async with client(address, plain=True) as speaker:
        session_id = (await speaker.start(address.token()))["session_id"]
        await speaker.say("end")
        for message in (FRAME, '{"type": "answer", "question": 1}', '{"type": "end"}'):
            await speaker.socket.send(message)
            error = await speaker.hear("error")
            assert (error["code"], error["fatal"]) == ("session_ended", False)
        await later.seen(session_id, RecordKind.END)
        await later.reply(session_id, SUMMARY.model_copy(update={"finals": 0}))
        await later.reply(session_id, REPORT)
        assert await speaker.closed() == 1000
    assert [entry.headers.kind.value for entry in later.of(session_id)] == ["start", "end"]


async def test_who_is_silent_is_alive_and_who_says_nothing_at_first_is_not_let_in(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: Stages
) -> None:
    async with (
        edge(kafka, tmp_path, monkeypatch, ordinal=5, SESSION_GRACE_S="0.9", SESSION_MAX_S="1") as address,
        client(address) as stranger,
        client(address) as speaker,
    ):
        session_id = (await speaker.start(address.token()))["session_id"]
        alive = await later.seen(session_id, RecordKind.ALIVE, 3)
        assert {entry.headers.reply_to for entry in alive} == {5}

        # Nor can anybody speak for longer than the session may last.
        for _ in range(5):
            await speaker.play(FRAME)
        assert (await speaker.hear("notice"))["code"] == "session_too_long"
        [end] = await later.seen(session_id, RecordKind.END)
        assert SessionEnded.model_validate_json(end.value).cause is EndCause.LENGTH
        assert len(await later.seen(session_id, RecordKind.FRAME, 4)) == 4
        for message in (final(1), final(2), SUMMARY, REPORT):
            await later.reply(session_id, message)
        await speaker.hear("report")
        error, closed = await speaker.refused()
        assert (error["code"], closed) == ("session_too_long", 4413)

        error, closed = await stranger.refused()
        assert (error["code"], closed) == ("token_missing", 4408)


async def test_a_stop_stores_what_was_sent_and_says_farewell(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: Stages
) -> None:
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(edge(kafka, tmp_path, monkeypatch))
        async with client(address) as speaker, client(address) as stranger:
            session_id = (await speaker.start(address.token()))["session_id"]
            for _ in range(8):
                await speaker.play(FRAME)
            await speaker.acked(1)
            stopping = asyncio.create_task(stack.aclose())
            assert await speaker.closed() == 1001
            assert await stranger.closed() == 1001
            await stopping
    assert [message["code"] for message in speaker.received if message["type"] == "notice"] == ["draining"]
    acked = max(message["frames"] for message in speaker.received if message["type"] == "ack")
    assert len(await later.seen(session_id, RecordKind.FRAME, acked)) == acked


async def test_a_broker_that_does_not_answer_for_a_while_costs_nothing(
    address: Address, later: Stages, kafka: KafkaSettings
) -> None:
    """Held up by SIGSTOP: the sockets stay open and nothing comes, as in a long pause of the broker's machine."""
    broker = listener_on(kafka.port)
    async with client(address) as speaker:
        session_id = (await speaker.start(address.token()))["session_id"]
        await speaker.play(FRAME)
        await speaker.acked(1)
        broker.suspend()
        try:
            sending = asyncio.create_task(_play(speaker, 40))
            await speaker.say("ping", id=1)
            await speaker.hear("pong")
            await asyncio.sleep(4)
        finally:
            broker.resume()
        await sending
        await speaker.acked(41)
        await later.reply(session_id, final(1))
        await speaker.hear("final")
    frames = await later.seen(session_id, RecordKind.FRAME, 41)
    assert [entry.headers.seq for entry in frames] == list(range(41))


async def _play(speaker: Client, frames: int) -> None:
    for _ in range(frames):
        await speaker.play(FRAME)
