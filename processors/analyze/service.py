"""The chain of the analyze stage: a session is transcribed → its report is stored, then told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from infra.clock import Clock
from infra.errors import Unavailable
from infra.telemetry import get_logger
from processors.analyze import metrics
from processors.analyze.core.compose import Draft, compose, draft, unusable
from processors.analyze.core.curriculum import Curriculum
from processors.analyze.core.heard import Heard, HeardSession, hear
from processors.analyze.core.judgement import Checked, Closing, Judged
from schemas.base import Event, derived_id
from schemas.replies import Reply
from schemas.reports import AnswerReport, Measures, Report, ReportReady
from schemas.transcripts import SessionTranscribed
from schemas.wire import ReportMessage

ANALYSIS_VERSION = 2
"""Raised when the analysis changes so much that a session may get a second report."""

_NO_CHECKER = "The grammar checker did not answer."
_NOBODY = "The grammar checker did not answer, so no grammar errors were looked for."
_NO_MODEL = "The language model gave no usable judgement, so this report was made by rules."
_NO_CLOSING = "The language model did not sum the session up, so the summary was made by rules."
_FAILED = "No report could be made for this session. The transcript and the word count are not affected."
_CLOSING_SHARE = 0.3
"""Part of the model's time that is kept for the summary."""


class Checker(Protocol):
    """Finds grammar errors by rules."""

    async def check(self, answers: Sequence[Heard]) -> Checked:
        """Claims for each of the answers. Raises Unavailable."""
        ...


class Model(Protocol):
    """A language model. Both methods raise Unavailable if it gave nothing that can be used."""

    async def judge(self, session: HeardSession, within_s: float) -> Judged:
        """Its judgement of each usable answer, all asked at once; None for an answer whose call failed."""
        ...

    async def sum_up(self, answers: Sequence[AnswerReport], measures: Measures, within_s: float) -> Closing:
        """Its words about the whole session, from what was found in it."""
        ...


class Outbox(Protocol):
    """Where results go. Both return once the broker holds the record, and raise KafkaError if it does not."""

    async def store(self, ready: ReportReady) -> None:
        """Put the report on `reports`."""
        ...

    async def tell(self, reply: Reply, reply_to: int) -> None:
        """Send the client its report, by the partition that its edge owns."""
        ...


@dataclass(frozen=True)
class Teachers:
    """Who makes reports, and from what. `model` is None where none is set; `within_s`: seconds it may take for a session;
    `floor`: words heard with a lower probability are unsure."""

    checker: Checker
    model: Model | None
    lessons: Curriculum
    floor: float
    within_s: float


class AnalyzeService:
    """Handler of `transcripts`."""

    def __init__(self, teachers: Teachers, outbox: Outbox, clock: Clock) -> None:
        self._teachers = teachers
        self._outbox = outbox
        self._clock = clock

    async def handle(self, event: Event) -> None:
        if not isinstance(event, SessionTranscribed):
            return
        began_ms = self._clock.monotonic_ms()
        report = await self._report(event)
        await self._send(event, report, error=None)
        _count(report)
        get_logger("analyze").info(
            "report made",
            engine=report.engine,
            model=report.model,
            answers=len(report.answers),
            errors=sum(len(answer.errors) for answer in report.answers),
            took_ms=self._clock.monotonic_ms() - began_ms,
        )

    async def give_up(self, event: Event) -> None:
        """The client and the HTTP API learn that no report will come; why is in the dead letter and the log."""
        if isinstance(event, SessionTranscribed):
            await self._send(event, None, error=_FAILED)

    async def _report(self, session: SessionTranscribed) -> Report:
        """Hear → look for errors and judge, side by side → verify → sum up → compose."""
        began_ms = self._clock.monotonic_ms()
        floor, lessons = self._teachers.floor, self._teachers.lessons
        heard = hear(session, floor)
        if not heard.usable:
            return unusable(session, heard, lessons)
        checked, judged = await asyncio.gather(self._checked(heard), self._judged(heard))
        made = draft(session, heard, checked, judged, floor)
        metrics.MISQUOTED.inc(made.misquoted)
        left_s = self._teachers.within_s - (self._clock.monotonic_ms() - began_ms) / 1000
        closing = await self._closing(made, left_s) if judged else None
        missed = self._missed(checked, judged, closing)
        return compose(session, heard, made, checked, judged, closing, lessons, missed)

    async def _checked(self, heard: HeardSession) -> Checked | None:
        try:
            return await self._teachers.checker.check(heard.usable)
        except Unavailable as error:
            get_logger("analyze").warning("no grammar checker", reason=error.message)
            return None

    async def _judged(self, heard: HeardSession) -> Judged | None:
        if self._teachers.model is None:
            return None
        try:
            return await self._teachers.model.judge(heard, self._teachers.within_s * (1 - _CLOSING_SHARE))
        except Unavailable as error:
            get_logger("analyze").warning("no judgement by the model", reason=error.message)
            return None

    async def _closing(self, made: Draft, within_s: float) -> Closing | None:
        if self._teachers.model is None:
            return None
        try:
            return await self._teachers.model.sum_up(made.answers, made.measures, within_s)
        except Unavailable as error:
            get_logger("analyze").warning("no summary by the model", reason=error.message)
            return None

    def _missed(self, checked: Checked | None, judged: Judged | None, closing: Closing | None) -> tuple[str, ...]:
        """What a report says of those who did not answer."""
        if judged:
            said = ("" if checked else _NO_CHECKER, "" if closing else _NO_CLOSING)
        else:
            said = (_NO_MODEL if self._teachers.model else "", "" if checked else _NOBODY)
        return tuple(sentence for sentence in said if sentence)

    async def _send(self, session: SessionTranscribed, report: Report | None, error: str | None) -> None:
        # The same for every delivery of the session, so that readers keep the first report and drop repeats.
        event_id = derived_id(session.session_id, "report", ANALYSIS_VERSION)
        now_ms = self._clock.now_ms()
        await self._outbox.store(
            ReportReady(
                event_id=event_id,
                at_ms=now_ms,
                analysis_version=ANALYSIS_VERSION,
                report=report,
                error=error,
                **session.shared(),
            )
        )
        reply = Reply(
            event_id=derived_id(event_id, "reply"),
            at_ms=now_ms,
            session_id=session.session_id,
            conn=session.conn,
            heard_frames=None,
            message=ReportMessage(report=report, error=error),
        )
        await self._outbox.tell(reply, session.reply_to)


def _count(report: Report) -> None:
    metrics.REPORTS.labels(report.engine).inc()
    for answer in report.answers:
        for error in answer.errors:
            if not error.uncertain:
                metrics.ERRORS.labels(error.type.value).inc()
