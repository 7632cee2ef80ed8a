"""Replay on the real broker with the real recogniser, after the transcriber itself has heard the sessions."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import RecordMetadata
from click.testing import CliRunner, Result

from cli.replay.command import replay
from infra.errors import RostrumError
from infra.kafka.clients import make_admin, make_consumer, make_producer
from infra.kafka.headers import LogHeaders
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from infra.samples import WHISPER_MICRO
from processors.transcribe.__main__ import serve
from schemas.sessions import RecordKind
from schemas.topics import Topic
from tests.support.audio.speech import Speech, bundled, joined
from tests.support.processes.stage_in_process import running
from tests.support.transcribe.session_records import SessionWriter, answer_begun, questions_asked, session_ended
from tests.support.waiting import DEADLINE_S

SPEECH = {
    "session-1": joined("sentence_1", "sentence_3", pause_s=1.5),
    "session-2": joined("sentence_2", "sentence_4", pause_s=0.3),
}
OPEN, OLD = "session-open", "session-old"


@pytest.fixture(scope="module")
def environment(kafka_node: KafkaSettings) -> Iterator[KafkaSettings]:
    """The settings of everything in this module, in the environment too: the command reads them there."""
    kafka = kafka_node.model_copy(update={"prefix": "replay."})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAFKA_PORT", str(kafka.port))
        patch.setenv("KAFKA_PREFIX", kafka.prefix)
        patch.setenv("TRANSCRIBE_MODEL", str(WHISPER_MICRO))
        patch.setenv("TRANSCRIBE_COALESCE_WINDOWS", "off")
        patch.setenv("TRANSCRIBE_TEMPERATURE_FALLBACK", "off")
        yield kafka


@pytest.fixture(scope="module")
def transcribed(environment: KafkaSettings) -> KafkaSettings:
    """Three finished sessions that were transcribed, the audio of one of them no longer retained, and a session
    that has not ended."""
    asyncio.run(_live(environment))
    return environment


async def _live(kafka: KafkaSettings) -> None:
    await create_topics(kafka)
    producer = make_producer(kafka)
    await producer.start()
    try:
        old = await _speak(producer, kafka, OLD, bundled("sentence_5"))
        for name, speech in SPEECH.items():
            await _speak(producer, kafka, name, speech)
        unfinished = SessionWriter(producer, kafka, OPEN)
        await unfinished.start()
        await unfinished.audio(bundled("sentence_1").pcm)
        async with running("transcribe", serve):
            await _until_transcribed(kafka, 1 + len(SPEECH))
    finally:
        await producer.stop()
    await _drop(kafka, old)


async def _speak(producer: AIOKafkaProducer, kafka: KafkaSettings, name: str, speech: Speech) -> RecordMetadata:
    """A whole session; gives the place of its end."""
    writer = SessionWriter(producer, kafka, name)
    await writer.start()
    await writer.event(RecordKind.QUESTIONS, questions_asked(name, "Why?", "How?"))
    await writer.event(RecordKind.ANSWER, answer_begun(name, 1, 0))
    await writer.audio(speech.pcm)
    headers = LogHeaders(RecordKind.END, writer.conn, writer.reply_to)
    topic = kafka.topic(Topic.AUDIO_FRAMES)
    return await producer.send_and_wait(
        topic, session_ended(name).encode(), key=name.encode(), headers=headers.encode()
    )


async def _drop(kafka: KafkaSettings, last: RecordMetadata) -> None:
    """As retention does: a partition up to this record is gone."""
    admin = make_admin(kafka)
    await admin.start()
    try:
        place = TopicPartition(last.topic, last.partition)
        await admin.delete_records({place: RecordsToDelete(before_offset=last.offset + 1)})
    finally:
        await admin.close()


async def _until_transcribed(kafka: KafkaSettings, sessions: int) -> None:
    consumer = make_consumer(kafka, Topic.TRANSCRIPTS, stage="onlooker")
    await consumer.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            while sessions:
                record = await consumer.getone()
                sessions -= b'"session_transcribed"' in record.value
    finally:
        await consumer.stop()


async def _run(*arguments: str) -> Result:
    """The command, on a thread: it runs a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, replay, [*arguments])


def _lines(ended: Result) -> list[dict[str, Any]]:
    assert ended.exit_code == 0, ended.output
    return [json.loads(line) for line in ended.stdout.splitlines()]


async def _everything(kafka: KafkaSettings) -> tuple[dict[str, int], set[str]]:
    """Where each topic ends, and which consumer groups there are."""
    consumer, admin = make_consumer(kafka, Topic.AUDIO_FRAMES, stage=None), make_admin(kafka)
    await consumer.start()
    await admin.start()
    try:
        described = await admin.describe_topics([kafka.topic(topic) for topic in Topic])
        places = [
            TopicPartition(each["topic"], number) for each in described for number in range(len(each["partitions"]))
        ]
        ends = await consumer.end_offsets(places)
        groups = {str(each[0]) for each in await admin.list_consumer_groups()}
    finally:
        await consumer.stop()
        await admin.close()
    return {f"{place.topic}-{place.partition}": end for place, end in ends.items()}, groups


async def test_a_replay_gives_the_live_transcript_and_writes_nothing(
    transcribed: KafkaSettings, tmp_path: Path
) -> None:
    reference = tmp_path / "said.txt"
    reference.write_text(SPEECH["session-1"].text)
    before = await _everything(transcribed)

    session, result = _lines(await _run("--session", "session-1", "--reference", str(reference), "--json"))

    assert await _everything(transcribed) == before
    assert result == {"type": "result", "sessions": 1, "unfinished": 0}
    assert session["identical"]
    assert session["against_stored"]["wer"] == 0
    assert session["changes"] == []
    assert session["transcript"] == session["stored_transcript"] != ""
    assert session["against_reference"] == session["stored_against_reference"]
    assert session["against_reference"]["wer"] < 0.2
    assert 0 < session["delay_ms"]["median"] < session["delay_with_model_ms"]["median"]
    assert session["model_ms"] > 0


async def test_since_replays_every_session_that_has_ended(transcribed: KafkaSettings) -> None:  # noqa: ARG001 - its topics are read
    shown = (await _run("--since", "1h")).stdout

    assert all(f"Session {name}: " in shown for name in SPEECH)
    assert shown.count("every final identical") == len(SPEECH)
    assert "Not replayed, because they have not ended: 1." in shown


async def test_a_session_that_cannot_be_replayed_is_reported_with_the_reason(transcribed: KafkaSettings) -> None:  # noqa: ARG001 - its topics are read
    for session_id, reason in (
        ("nobody", "holds no session nobody"),
        (OPEN, "has not ended yet"),
        (OLD, "no longer retained"),
    ):
        ended = await _run("--session", session_id)
        assert isinstance(ended.exception, RostrumError)
        assert reason in ended.exception.message
