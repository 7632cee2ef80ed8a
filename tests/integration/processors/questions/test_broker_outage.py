"""The broker is killed while a stage works: the stage survives, or ends and its successor goes on; nothing is lost."""

import asyncio
from pathlib import Path

import pytest

from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from processors.questions.__main__ import NAME, serve
from schemas.sessions import QuestionsAsked
from schemas.topics import Topic, parse_event
from tests.support.analyze.sessions import started
from tests.support.kafka.own_node import own_kafka
from tests.support.processes.stage_in_process import read, running


async def start_sessions(kafka: KafkaSettings, count: int) -> set[str]:
    """Ids of sessions whose start the broker has accepted."""
    sessions = [started() for _ in range(count)]
    async with make_producer(kafka) as producer:
        for session in sessions:
            await producer.send_and_wait(
                kafka.topic(Topic.SESSION_EVENTS), session.encode(), key=session.session_id.encode()
            )
    return {session.session_id for session in sessions}


async def sessions_with_questions(kafka: KafkaSettings, count: int) -> set[str]:
    events = [
        parse_event(Topic.AUDIO_FRAMES, record.value or b"") for record in await read(kafka, Topic.AUDIO_FRAMES, count)
    ]
    return {event.session_id for event in events if isinstance(event, QuestionsAsked)}


async def test_questions_are_asked_again_after_a_killed_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_BOOTSTRAP", "KAFKA_PREFIX", "LLM_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    async with own_kafka(tmp_path) as (kafka, broker):
        monkeypatch.setenv("KAFKA_PORT", str(kafka.port))
        async with running(NAME, serve):
            sessions = await start_sessions(kafka, 5)
            assert await sessions_with_questions(kafka, 5) == sessions
            broker.kill()
            await asyncio.sleep(0.5)
            await asyncio.to_thread(broker.start)
            sessions |= await start_sessions(kafka, 5)
            assert await sessions_with_questions(kafka, 10) == sessions
