"""The transcriber with the real broker and the real model: what it publishes for a session's log."""

import base64
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from client.accuracy import word_error_rate
from infra.kafka.clients import make_producer
from infra.kafka.headers import LogHeaders
from infra.kafka.settings import KafkaSettings
from infra.samples import WHISPER_MICRO
from processors.transcribe.__main__ import serve
from processors.transcribe.settings import DEMO_MESSAGE, STAGE
from schemas.audio import FRAME_BYTES, ms_to_samples
from schemas.dead_letters import DeadLetter
from schemas.sessions import EndCause, RecordKind
from schemas.topics import Topic
from schemas.wire import FinalMessage, Notice, Summary
from schemas.wire import Questions as QuestionsMessage
from tests.support.audio.speech import bundled, joined
from tests.support.processes.stage_in_process import committed, read, running
from tests.support.transcribe.session_records import SessionWriter, answer_begun, questions_asked
from tests.support.transcribe.transcripts_reader import TranscriptsReader


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    async with make_producer(kafka) as producer:
        yield producer


@pytest.fixture
async def reader(kafka: KafkaSettings) -> AsyncIterator[TranscriptsReader]:
    async with TranscriptsReader(kafka) as reader:
        yield reader


@pytest.fixture(autouse=True)
def settings(kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", str(kafka.port))
    monkeypatch.setenv("KAFKA_PREFIX", kafka.prefix)
    monkeypatch.setenv("TRANSCRIBE_MODEL", str(WHISPER_MICRO))
    # The same log gives the same words: several sessions here are compared with each other.
    monkeypatch.setenv("TRANSCRIBE_COALESCE_WINDOWS", "off")
    monkeypatch.setenv("TRANSCRIBE_TEMPERATURE_FALLBACK", "off")


async def test_a_session_from_its_start_to_its_end(
    kafka: KafkaSettings, producer: AIOKafkaProducer, reader: TranscriptsReader
) -> None:
    first, speech = bundled("sentence_1"), joined("sentence_1", "sentence_5")
    asked = questions_asked("s-1", "What is in your room?", "Who is in the school?")
    writer = SessionWriter(producer, kafka, "s-1", reply_to=2)
    async with running(STAGE, serve):
        await writer.start()
        await writer.event(RecordKind.QUESTIONS, asked)
        await writer.event(RecordKind.ANSWER, answer_begun("s-1", 1, 0))
        second_from = ms_to_samples(round(first.seconds * 1000) + 300)
        await writer.event(RecordKind.ANSWER, answer_begun("s-1", 2, second_from))
        await writer.audio(speech.pcm)
        await writer.end()
        await reader.until_ended("s-1")
        # The counts are on a topic of their own, which may be read last.
        published = await reader.until(
            lambda published: (
                published.counts
                and sum(hour.words for hour in published.counts[-1].hours) == published.transcribed[0].words
            )
        )

    (transcribed,) = published.transcribed
    texts = published.texts("s-1")
    assert list(texts) == list(range(1, transcribed.finals + 1))
    assert word_error_rate(speech.text, " ".join(texts.values())) <= 0.15
    assert [answer.question for answer in transcribed.answers] == [1, 2]
    assert word_error_rate(first.text, transcribed.answers[0].text) <= 0.15
    assert (transcribed.ended_by, transcribed.live, transcribed.model) == (EndCause.CLIENT, True, "whisper-micro")
    assert len(published.partitions["s-1"]) == 1
    assert published.counts[-1].live

    assert {partition for partition, _ in published.replies} == {2}
    replies = [reply for _, reply in published.replies]
    messages = [reply.message for reply in replies]
    assert messages[0] == Notice(code="demo_model", message=DEMO_MESSAGE)
    assert QuestionsMessage(questions=asked.questions, source="bank") in messages
    # Best-effort replies may arrive between these, whose order counts.
    *finals, summary = [each for each in messages if isinstance(each, FinalMessage | Summary)]
    assert [each.number for each in finals if isinstance(each, FinalMessage)] == list(texts)
    assert isinstance(summary, Summary)
    assert summary.words == transcribed.words
    assert max(reply.heard_frames or 0 for reply in replies) == writer.seq


async def test_one_sessions_broken_records_do_not_affect_another(
    kafka: KafkaSettings, producer: AIOKafkaProducer, reader: TranscriptsReader
) -> None:
    good, bad = SessionWriter(producer, kafka, "good"), SessionWriter(producer, kafka, "bad", reply_to=99)
    speech = bundled("sentence_3")
    async with running(STAGE, serve):
        await good.start()
        await bad.start(language="xx", competition=None)
        await bad.raw(b"{", LogHeaders(RecordKind.ANSWER, bad.conn, 0))
        await bad.raw(b"\x01" * (FRAME_BYTES - 1), LogHeaders(RecordKind.FRAME, bad.conn, 0, seq=0))
        bad.seq = 1
        await good.audio(speech.pcm)
        await bad.audio(speech.pcm)
        await bad.end()
        await good.end()
        await reader.until_ended("good")
        published = await reader.until(lambda published: len(published.transcribed) == 2)
    assert word_error_rate(speech.text, " ".join(published.texts("good").values())) <= 0.15
    assert word_error_rate(speech.text, " ".join(published.texts("bad").values())) <= 0.15
    assert {reply.session_id for _, reply in published.replies} == {"good"}
    dead_letters = [DeadLetter.model_validate_json(each.value) for each in await read(kafka, Topic.DEAD_LETTERS, 2)]
    assert [(letter.key, base64.b64decode(letter.value_base64)[:1]) for letter in dead_letters] == [
        ("bad", b"{"),
        ("bad", b"\x01"),
    ]
    # Nothing is left to do: the next owner begins behind the last record.
    assert await committed(kafka, Topic.AUDIO_FRAMES, STAGE) == good.records + bad.records


async def test_a_session_whose_client_is_gone_is_ended_in_its_log(
    kafka: KafkaSettings, producer: AIOKafkaProducer, reader: TranscriptsReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESSION_GRACE_S", "2")
    writer = SessionWriter(producer, kafka, "s-1")
    async with running(STAGE, serve):
        await writer.start()
        await writer.audio(bundled("sentence_2").pcm)
        published = await reader.until_ended("s-1")
    (transcribed,) = published.transcribed
    assert transcribed.ended_by is EndCause.IDLE
    assert transcribed.words == 9
    log = await read(kafka, Topic.AUDIO_FRAMES, writer.records + 1)
    assert (log[-1].key, dict(log[-1].headers)) == (b"s-1", {"kind": b"end"})
    assert {record.partition for record in log} == {log[0].partition}


async def test_no_session_loses_a_word_when_partitions_move_to_a_second_transcriber(
    kafka: KafkaSettings, producer: AIOKafkaProducer, reader: TranscriptsReader
) -> None:
    speech, half = bundled("sentence_5"), 8 * FRAME_BYTES
    writers = [SessionWriter(producer, kafka, f"s-{number}") for number in range(4)]
    async with running(STAGE, serve):
        for writer in writers:
            await writer.start()
            await writer.audio(speech.pcm[:half])
        await reader.until(lambda published: len({each.session_id for each in published.finals}) == 4)
        async with running(STAGE, serve):
            for writer in writers:
                await writer.audio(speech.pcm[half:])
                await writer.end()
            published = await reader.until_ended(*(writer.session_id for writer in writers))
    texts = [published.texts(writer.session_id) for writer in writers]
    assert all(each == texts[0] for each in texts)
    assert word_error_rate(speech.text, " ".join(texts[0].values())) <= 0.15
