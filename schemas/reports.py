"""The report a speaker gets, on `reports`."""

from enum import StrEnum
from typing import Literal

from schemas.base import Schema, SessionEvent


class Verdict(StrEnum):
    """Whether an answer made sense as an answer to its question."""

    ANSWERED = "answered"
    PARTLY = "partly"
    OFF_TOPIC = "off_topic"
    NOT_ANSWERED = "not_answered"
    NOT_JUDGED = "not_judged"


class SpokenError(Schema):
    """A grammar error. `quote` stands in the answer word for word. `uncertain`: it rests on words the recogniser was
    not sure of, and is not counted."""

    quote: str
    correction: str
    explanation: str
    start_ms: int
    end_ms: int
    uncertain: bool


class AnswerReport(Schema):
    """What there is to say about one answer."""

    question: int | None
    question_text: str | None
    transcript: str
    verdict: Verdict
    reason: str
    errors: tuple[SpokenError, ...]


class Measures(Schema):
    """Computed from word times, never asked of a model. A pause is a silence between words of at least half a second;
    `lexical_diversity` is the moving-average type-token ratio, 0 to 1, or null for too few words."""

    words: int
    words_per_minute: float
    pauses: int
    pause_ms: int
    fillers: int
    lexical_diversity: float | None


class Suggestion(Schema):
    """Something to practise next, and why."""

    title: str
    reason: str


class Report(Schema):
    """A finished session, judged. `engine` says by whom: a language model or rules."""

    version: Literal[1] = 1
    engine: Literal["llm", "rules"]
    model: str
    summary: str
    answers: tuple[AnswerReport, ...]
    measures: Measures
    practise: tuple[Suggestion, ...]
    limits: tuple[str, ...]


class ReportReady(SessionEvent):
    """The first one per session and `analysis_version` wins everywhere. Either `report` or `error` is set."""

    type: Literal["report_ready"] = "report_ready"
    version: Literal[1] = 1
    analysis_version: int
    report: Report | None
    error: str | None
