"""The first report of a session, found again on a real broker."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from infra.errors import Unprocessable
from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from processors.analyze.adapters.report_store import KafkaReportStore, open_report_store
from schemas.reports import Report, ReportReady
from schemas.topics import Topic, parse_event
from tests.support.analyze.sessions import transcribed
from tests.support.processes.stage_in_process import read_to_end

NOW_MS = 1_700_000_000_000
VERSION = 3


@asynccontextmanager
async def report_store(kafka: KafkaSettings, version: int = VERSION) -> AsyncIterator[KafkaReportStore]:
    async with make_producer(kafka) as producer, open_report_store(kafka, producer, version) as opened:
        yield opened


def ready(session_id: str, text: str, version: int = VERSION) -> ReportReady:
    """A record that no report could be made; `text` distinguishes it from others."""
    return ReportReady(
        event_id=text,
        at_ms=NOW_MS,
        analysis_version=version,
        report=None,
        error=text,
        **transcribed(session_id=session_id).shared(),
    )


def with_report(failed: ReportReady, report: Report) -> ReportReady:
    return failed.model_copy(update={"error": None, "report": report})


@pytest.fixture
def session_id() -> str:
    return secrets.token_hex(8)


@pytest.fixture
def report() -> Report:
    """A report as an earlier version wrote it."""
    path = "schemas/examples/reports/report_ready.v1.json"
    with open(path, "rb") as file:  # noqa: PTH123 - read at once
        event = parse_event(Topic.REPORTS, file.read())
    assert isinstance(event, ReportReady)
    assert event.report is not None
    return event.report


async def test_no_report_is_found_if_none_was_stored(kafka: KafkaSettings, session_id: str) -> None:
    async with report_store(kafka) as one:
        assert await one.first(session_id, NOW_MS) is None
        assert await one.first(session_id, NOW_MS) is None


async def test_the_first_report_wins_in_every_process(kafka: KafkaSettings, session_id: str, report: Report) -> None:
    first, second = (with_report(ready(session_id, text), report) for text in ("first", "second"))
    async with report_store(kafka) as one, report_store(kafka) as other:
        # Neither has seen the other's report when it starts.
        assert await one.first(session_id, NOW_MS) is None
        assert await other.first(session_id, NOW_MS) is None
        assert await one.store(first) == first
        assert await other.store(second) == first
        assert await one.first(session_id, NOW_MS) == first
    async with report_store(kafka) as successor:
        assert await successor.first(session_id, NOW_MS) == first
        assert await successor.first("another", NOW_MS) is None


async def test_a_report_replaces_a_failure_but_not_the_other_way_round(
    kafka: KafkaSettings, session_id: str, report: Report
) -> None:
    failed, made = ready(session_id, "failed"), with_report(ready(session_id, "made"), report)
    async with report_store(kafka) as one:
        assert await one.store(failed) == failed
        assert await one.first(session_id, NOW_MS) == failed
        assert await one.store(made) == made
        assert await one.store(failed) == made
        assert await one.first(session_id, NOW_MS) == made


async def test_each_analysis_version_has_its_own_first_report(kafka: KafkaSettings, session_id: str) -> None:
    async with report_store(kafka) as one, report_store(kafka, VERSION + 1) as newer:
        await one.store(ready(session_id, "old"))
        assert await newer.first(session_id, NOW_MS) is None


async def test_records_that_are_not_reports_are_ignored(kafka: KafkaSettings, session_id: str) -> None:
    async with make_producer(kafka) as producer:
        for number in range(4):
            await producer.send_and_wait(kafka.topic(Topic.REPORTS), b"poison", partition=number)
    async with report_store(kafka) as one:
        assert await one.first(session_id, 0) is None


async def test_the_index_is_rebuilt_for_an_earlier_time(kafka: KafkaSettings, session_id: str) -> None:
    old = ready(session_id, "old")
    async with make_producer(kafka) as producer:
        await producer.send_and_wait(
            kafka.topic(Topic.REPORTS), old.encode(), key=session_id.encode(), timestamp_ms=NOW_MS
        )
    async with report_store(kafka) as one:
        assert await one.first(session_id, NOW_MS + 3_600_000) is None
        assert await one.first(session_id, NOW_MS) == old


async def test_a_report_that_is_too_large_is_rejected(kafka: KafkaSettings, session_id: str) -> None:
    async with report_store(kafka) as one:
        with pytest.raises(Unprocessable, match="more than a message may have"):
            await one.store(ready(session_id, "x" * Topic.REPORTS.value.max_message_bytes))
    assert await read_to_end(kafka, Topic.REPORTS) == []
