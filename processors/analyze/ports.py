"""What the analyze stage needs of the outside."""

from collections.abc import Sequence
from typing import Protocol

from processors.analyze.core.answers import SpokenAnswer, SpokenSession
from processors.analyze.core.assessment import Assessments, GrammarFindings, SessionSummary
from schemas.replies import Reply
from schemas.reports import AnswerReport, Measures, ReportReady


class GrammarChecker(Protocol):
    """Finds grammar errors by rules."""

    async def check(self, answers: Sequence[SpokenAnswer]) -> GrammarFindings:
        """The findings in each of the answers. Raises Unavailable."""
        ...


class LanguageModel(Protocol):
    """Assesses answers. Both methods raise Unavailable if the model gave no usable output."""

    async def assess(self, session: SpokenSession, timeout_s: float) -> Assessments:
        """An assessment of each usable answer, with one call for each, all at once; None for an answer whose call
        failed."""
        ...

    async def summarise(self, answers: Sequence[AnswerReport], measures: Measures, timeout_s: float) -> SessionSummary:
        """A summary of the whole session, made from the report's answers and measures."""
        ...


class ReportStore(Protocol):
    """The reports of all sessions, on `reports`."""

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        """The session's first report since this Unix time, or the record that none could be made. Raises KafkaError."""
        ...

    async def store(self, ready: ReportReady) -> ReportReady:
        """Store a report, and return the session's first one, which may be another process's. Raises KafkaError, or
        Unprocessable if the report is too large."""
        ...


class ReportReplies(Protocol):
    """The way to the clients."""

    async def send(self, reply: Reply, partition: int) -> None:
        """Send a reply to the edge that reads this partition of `replies`. Returns once the broker has acknowledged it;
        raises KafkaError."""
        ...
