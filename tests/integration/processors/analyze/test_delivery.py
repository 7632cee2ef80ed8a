"""Delivery in the analyze stage, on a real broker: each session gets one report, and none holds up another."""

import asyncio
import base64
import json
import secrets
import threading
from collections.abc import Iterator

import pytest
from aiokafka import ConsumerRecord
from click.testing import CliRunner

from cli.dead_letters import dead_letters
from infra.errors import RostrumError
from infra.kafka.clients import make_producer
from infra.kafka.dead_letter_limit import TooManyDeadLetters
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Stage
from infra.settings import StageSettings
from processors.analyze.__main__ import NAME, serve
from schemas.dead_letters import DeadLetter
from schemas.replies import Reply
from schemas.reports import ReportReady
from schemas.topics import Topic, parse_event
from schemas.transcripts import SessionReaddressed, SessionTranscribed
from schemas.wire import ReportMessage
from tests.support.analyze.languagetool_stub import silent_languagetool
from tests.support.analyze.scripted_llm import ScriptedLlm
from tests.support.analyze.sessions import transcribed
from tests.support.processes.stage_in_process import committed, read, read_to_end, running
from tests.support.waiting import DEADLINE_S

SPOKEN = "she go to school every days and then she come home."
SLOW = "tortoise"
PARTITION = 1


@pytest.fixture(autouse=True)
def environment(kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with silent_languagetool() as port:
        monkeypatch.setenv("KAFKA_PORT", str(kafka.port))
        monkeypatch.setenv("KAFKA_PREFIX", kafka.prefix)
        monkeypatch.setenv("LANGUAGETOOL_PORT", str(port))
        for name in ("KAFKA_BOOTSTRAP", "LLM_BASE_URL", "LANGUAGETOOL_URL"):
            monkeypatch.delenv(name, raising=False)
        yield


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedLlm]:
    with ScriptedLlm("good") as server:
        monkeypatch.setenv("LLM_BASE_URL", server.base_url)
        yield server


def session(said: str = SPOKEN) -> SessionTranscribed:
    return transcribed(said, session_id=secrets.token_hex(8), reply_to=2)


def readdressed(of: SessionTranscribed, conn: str = "c-2", reply_to: int = 3) -> SessionReaddressed:
    return SessionReaddressed(event_id=conn, at_ms=of.at_ms + 1, conn=conn, reply_to=reply_to, **of.shared())


async def publish(
    kafka: KafkaSettings, *values: SessionTranscribed | SessionReaddressed | bytes, partition: int | None = PARTITION
) -> None:
    """Write events, or poison messages, to `transcripts` in this order: to one partition, or by key."""
    async with make_producer(kafka) as producer:
        for given in values:
            key, value = (b"poison", given) if isinstance(given, bytes) else (given.session_id.encode(), given.encode())
            await producer.send_and_wait(
                kafka.topic(Topic.TRANSCRIPTS), value, key=key, headers=[("trace", b"\xff\x01")], partition=partition
            )


async def until_committed(kafka: KafkaSettings, count: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while await committed(kafka, Topic.TRANSCRIPTS, NAME) < count:  # noqa: ASYNC110 - the broker cannot wake us
            await asyncio.sleep(0.05)


def reply(record: ConsumerRecord) -> Reply:
    event = parse_event(Topic.REPLIES, record.value or b"")
    assert isinstance(event, Reply)
    assert isinstance(event.message, ReportMessage)
    assert record.partition == {"c-1": 2, "c-2": 3}[event.conn]
    return event


async def test_a_redelivered_session_gets_its_first_report(kafka: KafkaSettings, llm: ScriptedLlm) -> None:
    event = session()
    async with running(NAME, serve):
        await publish(kafka, event)
        await read(kafka, Topic.REPLIES, 1)
        asked = len(llm.requests)
        await publish(kafka, event)
        await until_committed(kafka, 2)
    async with running(NAME, serve):
        await publish(kafka, event)
        first, second, third = [reply(record) for record in await read(kafka, Topic.REPLIES, 3)]
    assert first.message == second.message == third.message
    assert len(llm.requests) == asked
    assert len(await read_to_end(kafka, Topic.REPORTS)) == 1


async def test_a_client_that_reconnected_gets_its_report_at_its_new_address(
    kafka: KafkaSettings, llm: ScriptedLlm
) -> None:
    early, behind, late = session(f"{SLOW} {SPOKEN}"), session(), session()
    may_answer = llm.held[SLOW] = threading.Event()
    async with running(NAME, serve):
        # Its report is not made yet when its new address is read: the session after that has its report.
        await publish(kafka, early, readdressed(early), behind)
        await read(kafka, Topic.REPLIES, 1)
        may_answer.set()
        replies = [reply(record) for record in await read(kafka, Topic.REPLIES, 2)]
        assert [each.conn for each in replies if each.session_id == early.session_id] == ["c-2"]
        # After its report has been sent.
        await publish(kafka, late)
        await read(kafka, Topic.REPLIES, 3)
        await publish(kafka, readdressed(late))
        replies = [reply(record) for record in await read(kafka, Topic.REPLIES, 4)]
    messages = {each.conn: each.message for each in replies if each.session_id == late.session_id}
    assert messages.keys() == {"c-1", "c-2"}
    assert messages["c-1"] == messages["c-2"]


async def test_a_slow_report_holds_up_no_other_in_the_backlog(
    kafka: KafkaSettings, llm: ScriptedLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYZE_MAX_CONCURRENCY", "4")
    monkeypatch.setenv("SHUTDOWN_TIMEOUT_S", "2.5")
    slow, quick = session(f"{SLOW} {SPOKEN}"), [session() for _ in range(40)]
    llm.slow[SLOW] = 60.0
    await publish(kafka, slow, *quick)
    async with running(NAME, serve):
        answered = {reply(record).session_id for record in await read(kafka, Topic.REPLIES, 40)}
        assert answered == {each.session_id for each in quick}
        # No offset after the slow session may be committed: a successor starts with that session.
        assert await committed(kafka, Topic.TRANSCRIPTS, NAME) == 0
        assert llm.most_at_once <= 4
    # The stage was stopped before the slow report was made.
    llm.slow.clear()
    requests = len(llm.requests)
    async with running(NAME, serve):
        await until_committed(kafka, 41)
    reports = await read_to_end(kafka, Topic.REPORTS)
    assert {(record.key or b"").decode() for record in reports} == answered | {slow.session_id}
    assert len(reports) == 41
    # No other report was made again.
    assert len(llm.requests) - requests <= 2


async def test_a_rebalance_leads_to_one_report_per_session(kafka: KafkaSettings, llm: ScriptedLlm) -> None:
    llm.delay_s = 0.1
    sessions = [session() for _ in range(40)]
    await publish(kafka, *sessions, partition=None)
    async with running(NAME, serve):
        async with running(NAME, serve):
            await read(kafka, Topic.REPORTS, 15)
        # One process left in the middle of the work.
        await until_committed(kafka, len(sessions))
    replies = await read_to_end(kafka, Topic.REPLIES)
    assert {reply(record).session_id for record in replies} == {each.session_id for each in sessions}
    firsts: dict[bytes, bytes] = {}
    for record in await read_to_end(kafka, Topic.REPORTS):
        firsts.setdefault(record.key or b"", record.value or b"")
    # Some reports may have been made twice, but all replies have the first one.
    for record in replies:
        first = parse_event(Topic.REPORTS, firsts[record.key or b""])
        assert isinstance(first, ReportReady)
        assert reply(record).message == ReportMessage(report=first.report)


async def test_a_poison_message_becomes_a_dead_letter_that_can_be_retried(kafka: KafkaSettings) -> None:
    before, after = session(), session()
    async with running(NAME, serve):
        await publish(kafka, before, b"{poison", after)
        await until_committed(kafka, 3)
        assert len(await read(kafka, Topic.REPORTS, 2)) == 2
    runner = CliRunner()
    [row] = json.loads((await asyncio.to_thread(runner.invoke, dead_letters, ["list", "--json"])).output)
    assert (row["stage"], row["topic"]) == (NAME, kafka.topic(Topic.TRANSCRIPTS))
    assert (row["partition"], row["offset"], row["key"], row["bytes"]) == (PARTITION, 1, "poison", 7)
    assert "not an event of transcripts" in row["reason"]
    shown = await asyncio.to_thread(runner.invoke, dead_letters, ["list"])
    assert shown.exit_code == 0
    assert row["id"][:8] in shown.output

    back = await asyncio.to_thread(runner.invoke, dead_letters, ["retry", row["id"][:8]])
    assert back.output == f"{row['id'][:8]} is back on {kafka.topic(Topic.TRANSCRIPTS)}.\n"
    [record] = [each for each in await read(kafka, Topic.TRANSCRIPTS, 4) if each.key == b"poison" and each.offset != 1]
    assert (record.value, record.headers) == (b"{poison", (("trace", b"\xff\x01"),))
    assert (await asyncio.to_thread(runner.invoke, dead_letters, ["list", "--json"])).output == "[]\n"
    [kept] = json.loads((await asyncio.to_thread(runner.invoke, dead_letters, ["list", "--retried", "--json"])).output)
    assert kept["retried_at_ms"] is not None
    again = await asyncio.to_thread(runner.invoke, dead_letters, ["retry", "--all"])
    assert again.output == "No dead letters to put back.\n"
    nothing = await asyncio.to_thread(runner.invoke, dead_letters, ["retry", "f" * 36])
    assert isinstance(nothing.exception, RostrumError)


async def test_a_session_that_was_given_up_can_be_retried(
    kafka: KafkaSettings, llm: ScriptedLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYZE_RETRY_DEADLINE_S", "0.5")
    llm.delay_s = 30.0
    event = session()
    async with running(NAME, serve):
        await publish(kafka, event)
        [failed] = [reply(record) for record in await read(kafka, Topic.REPLIES, 1)]
        await until_committed(kafka, 1)
    assert isinstance(failed.message, ReportMessage)
    assert failed.message.report is None
    assert failed.message.error
    monkeypatch.delenv("ANALYZE_RETRY_DEADLINE_S")
    llm.delay_s = 0.0
    back = await asyncio.to_thread(CliRunner().invoke, dead_letters, ["retry", "--all", "--stage", NAME])
    assert "is back on" in back.output
    async with running(NAME, serve):
        _, made = [reply(record) for record in await read(kafka, Topic.REPLIES, 2)]
    assert isinstance(made.message, ReportMessage)
    assert made.message.report is not None


async def test_dead_letters_of_the_audio_topic_cannot_be_retried(kafka: KafkaSettings) -> None:
    letter = DeadLetter(
        event_id="letter",
        at_ms=1,
        stage="transcribe",
        topic=kafka.topic(Topic.AUDIO_FRAMES),
        partition=0,
        offset=0,
        key=None,
        reason="header 'kind' is missing",
        value_base64=base64.b64encode(b"\0").decode(),
    )
    async with make_producer(kafka) as producer:
        await producer.send_and_wait(kafka.topic(Topic.DEAD_LETTERS), letter.encode())
    runner = CliRunner()
    one = await asyncio.to_thread(runner.invoke, dead_letters, ["retry", "letter"])
    assert isinstance(one.exception, RostrumError)
    every = await asyncio.to_thread(runner.invoke, dead_letters, ["retry", "--all", "--stage", "transcribe"])
    assert every.exit_code == 0
    assert "was not put back" in every.output
    assert await read_to_end(kafka, Topic.AUDIO_FRAMES) == []


async def test_a_stage_that_fails_on_every_message_stops(kafka: KafkaSettings) -> None:
    await publish(kafka, *(b"poison" for _ in range(30)))
    with pytest.raises(TooManyDeadLetters, match="20 messages in a row"):
        await asyncio.wait_for(serve(Stage(NAME, StageSettings())), DEADLINE_S)
    assert len(await read_to_end(kafka, Topic.DEAD_LETTERS)) == 19
    # A successor may see the last dead letters again; it must see all messages after them.
    assert await committed(kafka, Topic.TRANSCRIPTS, NAME) <= 19
