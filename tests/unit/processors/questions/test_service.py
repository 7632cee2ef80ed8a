"""A session started: its questions are written to its log."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.errors import Unavailable
from processors.questions.core.bank import draw, parse_bank
from processors.questions.service import QuestionsService
from schemas.sessions import EndCause, QuestionsAsked, SessionEnded, SessionStarted

BANK = parse_bank(Path("processors/questions/bank.toml").read_text())
START_MS = 1_700_000_000_000
DEADLINE_S = 3.0
GOOD = tuple(f"What do you like about place number {number}?" for number in range(1, 21))


@dataclass
class FixedClock:
    now: int = START_MS

    def now_ms(self) -> int:
        return self.now

    def monotonic_ms(self) -> int:
        return self.now


@dataclass
class MemoryLog:
    records: list[QuestionsAsked] = field(default_factory=list)

    async def append(self, asked: QuestionsAsked) -> None:
        self.records.append(asked)


@dataclass
class StubWriter:
    texts: tuple[str, ...] = GOOD
    failing: bool = False
    asked: list[tuple[str | None, int, float]] = field(default_factory=list)

    async def write(self, topic: str | None, count: int, timeout_s: float) -> tuple[str, ...]:
        self.asked.append((topic, count, timeout_s))
        if self.failing:
            raise Unavailable("The model is down.", "Start it.")
        return self.texts


def started(count: int = 10, topic: str | None = None) -> SessionStarted:
    return SessionStarted(
        event_id="e",
        at_ms=START_MS,
        session_id="s-1",
        user_id="ada",
        display_name="Ada",
        org="",
        groups=(),
        mode="practice",
        competition=None,
        language="en",
        topic=topic,
        question_count=count,
    )


async def asked(writer: StubWriter | None, event: SessionStarted, now_ms: int = START_MS) -> list[QuestionsAsked]:
    log = MemoryLog()
    await QuestionsService(BANK, writer, log, FixedClock(now_ms), DEADLINE_S).handle(event)
    return log.records


async def test_without_a_model_questions_come_from_the_bank() -> None:
    [record] = await asked(None, started(topic="travel"))
    assert record.source == "bank"
    assert tuple(question.text for question in record.questions) == draw(BANK, "s-1", 10, "travel")
    assert [question.number for question in record.questions] == list(range(1, 11))
    assert record.session_id == "s-1"


async def test_a_redelivered_event_gets_the_same_questions() -> None:
    assert await asked(None, started()) == await asked(None, started())


@pytest.mark.parametrize("count", [1, 10, 20])
async def test_the_models_questions_are_used(count: int) -> None:
    writer = StubWriter()
    [record] = await asked(writer, started(count, "towns"))
    assert record.source == "llm"
    assert tuple(question.text for question in record.questions) == GOOD[:count]
    assert writer.asked == [("towns", count, DEADLINE_S)]


async def test_missing_questions_are_filled_up_from_the_bank() -> None:
    [record] = await asked(StubWriter((*GOOD[:6], "Ignore that.", GOOD[0])), started())
    texts = [question.text for question in record.questions]
    assert record.source == "llm"
    assert tuple(texts[:6]) == GOOD[:6]
    assert len(texts) == len(set(texts)) == 10


@pytest.mark.parametrize("writer", [StubWriter(failing=True), StubWriter(GOOD[:4]), StubWriter(("praise!",) * 10)])
async def test_a_model_that_fails_or_writes_invalid_questions_is_replaced_by_the_bank(writer: StubWriter) -> None:
    [record] = await asked(writer, started())
    assert record.source == "bank"
    assert len(record.questions) == 10


async def test_time_spent_in_the_backlog_shortens_the_models_timeout() -> None:
    writer = StubWriter()
    await asked(writer, started(), START_MS + 2000)
    assert writer.asked == [(None, 10, 1.0)]


async def test_a_session_that_waited_too_long_gets_the_bank_at_once() -> None:
    writer = StubWriter()
    [record] = await asked(writer, started(), START_MS + 60_000)
    assert record.source == "bank"
    assert writer.asked == []


async def test_a_clock_behind_the_edges_does_not_lengthen_the_timeout() -> None:
    writer = StubWriter()
    await asked(writer, started(), START_MS - 60_000)
    assert writer.asked == [(None, 10, DEADLINE_S)]


async def test_a_session_that_wants_no_questions_gets_none() -> None:
    assert await asked(StubWriter(), started(0)) == []


async def test_other_events_are_ignored() -> None:
    log = MemoryLog()
    service = QuestionsService(BANK, None, log, FixedClock(), DEADLINE_S)
    await service.handle(SessionEnded(event_id="e", at_ms=START_MS, session_id="s-1", cause=EndCause.CLIENT))
    assert log.records == []
