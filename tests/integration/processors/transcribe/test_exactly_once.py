"""Exactly once on a real broker: whenever a partition's owner dies, or loses the partition, the next one continues."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from random import Random

import pytest
from aiokafka import AIOKafkaProducer

from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters.partition_recovery import KafkaPartitionRecovery
from processors.transcribe.ports import Fenced
from schemas.replies import Gone, Resumed, Superseded
from schemas.sessions import RecordKind
from schemas.topics import Topic, parse_event
from schemas.transcripts import SessionReaddressed
from schemas.wire import FinalMessage, Questions, Summary
from tests.support.processes.stage_in_process import read_to_end
from tests.support.transcribe.in_process import Died, transcribe, working
from tests.support.transcribe.processes import Client, stored
from tests.support.transcribe.session_records import SessionWriter, connection_resumed, questions_asked
from tests.support.transcribe.simulated_partition import undisturbed_finals
from tests.support.waiting import DEADLINE_S

FRAMES = 30
SPEECH = Random(0).randbytes(FRAMES * 8000)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Fenced producers leave futures that log an error when they are collected: here, and not in the middle of a later
    test, where CPython 3.11's `ast.parse` fails if anything runs during it."""
    yield
    gc.collect()


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    async with make_producer(kafka) as producer:
        yield producer


async def check(kafka: KafkaSettings, client: Client, session_id: str) -> None:
    """The facts are those of an undisturbed run, each once, and the client got the same."""
    await client.until(session_id, Summary)
    finals, transcribed = await stored(kafka, session_id)
    assert finals == undisturbed_finals(session_id, FRAMES)
    assert len(transcribed) == 1
    sent = {each.number: each for each in client.messages(session_id) if isinstance(each, FinalMessage)}
    assert [dict(sent[final.number]) for final in finals] == [{"type": "final", **dict(final)} for final in finals]
    assert len(sent) == len(finals)


async def speak(producer: AIOKafkaProducer, kafka: KafkaSettings, session_id: str) -> None:
    writer = SessionWriter(producer, kafka, session_id)
    await writer.start()
    await writer.audio(SPEECH)
    await writer.end()


@pytest.mark.parametrize("dies", ["before", "in the middle", "after"])
async def test_an_owner_that_dies_around_a_commit(kafka: KafkaSettings, producer: AIOKafkaProducer, dies: str) -> None:
    await speak(producer, kafka, "s-1")
    with pytest.raises(Died):
        async with asyncio.timeout(DEADLINE_S):
            await transcribe(kafka, asyncio.Event(), dies=dies, instance="0")
    async with Client(kafka) as client, working(kafka, instance="0"):
        await check(kafka, client, "s-1")


async def test_a_fenced_transcriber_publishes_nothing_and_ends(
    kafka: KafkaSettings, producer: AIOKafkaProducer
) -> None:
    async with Client(kafka) as client:
        fenced = asyncio.create_task(transcribe(kafka, asyncio.Event()))
        writer = SessionWriter(producer, kafka, "s-1")
        await writer.start()
        await writer.audio(SPEECH[: 12 * 8000])
        await client.until("s-1", FinalMessage)
        recovered = await KafkaPartitionRecovery(kafka).recover(set(range(kafka.session_partitions)))
        [session] = [session for each in recovered for session in each.sessions]
        known = len(client.messages("s-1")), (await stored(kafka, "s-1"))[0]
        assert len(session.finals) == len(known[1])
        await writer.audio(SPEECH[12 * 8000 :])
        with pytest.raises(Fenced):
            async with asyncio.timeout(DEADLINE_S):
                await fenced
        await client.look()
        sent = [each for each in client.messages("s-1") if isinstance(each, FinalMessage)]
        assert [each.number for each in sent] == [final.number for final in known[1]]
        assert (await stored(kafka, "s-1"))[0] == known[1]
        await asyncio.gather(*(each.writer.close() for each in recovered))
        await writer.end()
        async with working(kafka):
            await check(kafka, client, "s-1")


async def test_a_second_group_member_that_comes_and_goes_changes_nothing(
    kafka: KafkaSettings, producer: AIOKafkaProducer
) -> None:
    names = [f"s-{number}" for number in range(6)]
    writers = [SessionWriter(producer, kafka, name) for name in names]
    async with Client(kafka) as client, working(kafka):
        for writer in writers:
            await writer.start()
            await writer.audio(SPEECH[: 10 * 8000])
        async with working(kafka):
            for at in range(10, 20):
                for writer in writers:
                    await writer.audio(SPEECH[at * 8000 : (at + 1) * 8000])
                await asyncio.sleep(0.25)
        for writer in writers:
            await writer.audio(SPEECH[20 * 8000 :])
            await writer.end()
        for name in names:
            await check(kafka, client, name)


async def test_a_client_resumes_on_another_connection(kafka: KafkaSettings, producer: AIOKafkaProducer) -> None:
    async with Client(kafka, 0) as old, Client(kafka, 1) as new, working(kafka):
        writer = SessionWriter(producer, kafka, "s-1")
        await writer.start()
        await writer.event(RecordKind.QUESTIONS, questions_asked("s-1", "Why?"))
        await writer.audio(SPEECH[: 12 * 8000])
        await old.until("s-1", FinalMessage)
        back = SessionWriter(producer, kafka, "s-1", reply_to=1, conn="conn-2")
        back.seq = 10  # The client sends its newest audio again.
        await back.event(RecordKind.RESUME, connection_resumed("s-1", have_final=1, from_frame=10))
        await writer.audio(SPEECH[12 * 8000 :])  # The old connection is void.
        await back.audio(SPEECH[10 * 8000 :])
        await back.end()
        await new.until("s-1", Summary)
        await old.until("s-1", Superseded)
        said = new.messages("s-1", "conn-2")
        assert said[0] == Resumed(next_frame=12)
        assert isinstance(said[1], Questions)
        numbers = [message.number for message in said if isinstance(message, FinalMessage)]
        finals, _ = await stored(kafka, "s-1")
        assert numbers == [final.number for final in finals][1:]
        assert finals == undisturbed_finals("s-1", FRAMES)

        again = SessionWriter(producer, kafka, "s-1", reply_to=0, conn="conn-3")
        await again.event(RecordKind.RESUME, connection_resumed("s-1", have_final=len(finals), from_frame=30))
        await old.until("s-1", Summary)
        assert [type(message) for message in old.messages("s-1", "conn-3")] == [Resumed, Questions, Summary]
        events = [
            parse_event(Topic.TRANSCRIPTS, record.value) for record in await read_to_end(kafka, Topic.TRANSCRIPTS)
        ]
        [moved] = [event for event in events if isinstance(event, SessionReaddressed)]
        assert (moved.conn, moved.reply_to) == ("conn-3", 0)


@pytest.mark.parametrize(("known", "code"), [(False, "no_session"), (True, "frame_gap")])
async def test_a_session_that_cannot_be_resumed_is_refused(
    kafka: KafkaSettings, producer: AIOKafkaProducer, known: bool, code: str
) -> None:
    async with Client(kafka, 1) as client, working(kafka):
        writer = SessionWriter(producer, kafka, "s-1", reply_to=1, conn="conn-2")
        if known:
            await SessionWriter(producer, kafka, "s-1").start()
        await writer.event(RecordKind.RESUME, connection_resumed("s-1", from_frame=1))
        await client.until("s-1", Gone)
        assert client.messages("s-1", "conn-2") == [Gone.model_validate({"code": code})]
