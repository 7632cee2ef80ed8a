"""The chain of the analyze stage: a session is transcribed → its report is made, stored, and told.

The first report of a session and analysis version wins. So before one is made it is looked up, since the session may
have come before; and what is told is what the ledger holds, which is another's report if that was there first.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from infra.clock import Clock
from infra.errors import Unavailable
from infra.telemetry import get_logger
from processors.analyze import metrics
from processors.analyze.core.addresses import Address, Addresses
from processors.analyze.core.compose import Draft, compose, draft, unusable
from processors.analyze.core.curriculum import Curriculum
from processors.analyze.core.heard import Heard, HeardSession, hear
from processors.analyze.core.judgement import Checked, Closing, Judged
from schemas.base import Event, derived_id
from schemas.replies import Reply
from schemas.reports import AnswerReport, Measures, Report, ReportReady
from schemas.transcripts import SessionReaddressed, SessionTranscribed
from schemas.wire import ReportMessage

ANALYSIS_VERSION = 2
"""Raised when the analysis changes so much that a session may get a second report."""

_NO_CHECKER = "The grammar checker did not answer."
_NOBODY = "The grammar checker did not answer, so no grammar errors were looked for."
_NO_MODEL = "The language model gave no usable judgement, so this report was made by rules."
_NO_CLOSING = "The language model did not sum the session up, so the summary was made by rules."
_COMES_BACK_WITHIN_MS = 20 * 60 * 1000
"""A client that comes back does so within this time of its session's end: it is remembered for 10 minutes."""
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


class Ledger(Protocol):
    """The reports of all sessions, as they stand on `reports`."""

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        """The session's report, if one was stored after this moment; or the word that none could be made. Raises
        KafkaError."""
        ...

    async def store(self, ready: ReportReady) -> ReportReady:
        """Put a report there, and give the session's first one, which may be another's. Raises KafkaError, or
        Unprocessable if it is too large."""
        ...


class Replies(Protocol):
    async def tell(self, reply: Reply, reply_to: int) -> None:
        """Send a client its report, by the partition that its edge owns. Returns once the broker holds it; raises
        KafkaError."""
        ...


@dataclass(frozen=True)
class Teachers:
    """Who makes reports, and from what. `model` is None where none is set; `within_s`: seconds it may take for a
    session; `floor`: words heard with a lower probability are unsure."""

    checker: Checker
    model: Model | None
    lessons: Curriculum
    floor: float
    within_s: float


class AnalyzeService:
    """Handler of `transcripts`."""

    events = (SessionTranscribed, SessionReaddressed)

    def __init__(self, teachers: Teachers, ledger: Ledger, replies: Replies, clock: Clock) -> None:
        self._teachers = teachers
        self._ledger = ledger
        self._replies = replies
        self._clock = clock
        self._addresses = Addresses()

    async def handle(self, event: Event) -> None:
        match event:
            case SessionTranscribed():
                await self._transcribed(event)
            case SessionReaddressed():
                await self._readdressed(event)

    async def give_up(self, event: Event) -> None:
        """The client and the HTTP API learn that no report will come; why is in the dead letter and the log."""
        if isinstance(event, SessionTranscribed):
            metrics.REPORTS.labels("failed").inc()
            await self._tell(event, await self._ledger.store(self._ready(event, None, error=_FAILED)))

    async def _transcribed(self, session: SessionTranscribed) -> None:
        began_ms = self._clock.monotonic_ms()
        known = await self._ledger.first(session.session_id, session.at_ms)
        if known is not None and known.report is not None:
            metrics.REPORTS.labels("known").inc()
            get_logger("analyze").info("report was made before")
            await self._tell(session, known)
            return
        report = await self._report(session)
        await self._tell(session, await self._ledger.store(self._ready(session, report, error=None)))
        took_ms = self._clock.monotonic_ms() - began_ms
        metrics.REPORT_S.observe(took_ms / 1000)
        _count(report)
        get_logger("analyze").info(
            "report made",
            engine=report.engine,
            model=report.model,
            answers=len(report.answers),
            errors=sum(len(answer.errors) for answer in report.answers),
            took_ms=took_ms,
        )

    async def _readdressed(self, moved: SessionReaddressed) -> None:
        """A report that is still to come goes to the new address by itself. One that was told to the old one may not
        have been heard, and is told again."""
        address = Address(moved.conn, moved.reply_to)
        self._addresses.moved(moved.session_id, address)
        known = await self._ledger.first(moved.session_id, moved.at_ms - _COMES_BACK_WITHIN_MS)
        if known is not None:
            await self._send(known, address)

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

    def _ready(self, session: SessionTranscribed, report: Report | None, error: str | None) -> ReportReady:
        return ReportReady(
            event_id=derived_id(session.session_id, "report" if report else "no report", ANALYSIS_VERSION),
            at_ms=self._clock.now_ms(),
            analysis_version=ANALYSIS_VERSION,
            report=report,
            error=error,
            **session.shared(),
        )

    async def _tell(self, session: SessionTranscribed, ready: ReportReady) -> None:
        first = Address(session.conn, session.reply_to)
        told = None
        # The client may come back elsewhere while it is being told.
        while told != (address := self._addresses.of(session.session_id, first)):
            await self._send(ready, address)
            told = address

    async def _send(self, ready: ReportReady, address: Address) -> None:
        reply = Reply(
            event_id=derived_id(ready.event_id, "reply"),
            at_ms=self._clock.now_ms(),
            session_id=ready.session_id,
            conn=address.conn,
            heard_frames=None,
            message=ReportMessage(report=ready.report, error=ready.error),
        )
        await self._replies.tell(reply, address.reply_to)


def _count(report: Report) -> None:
    metrics.REPORTS.labels(report.engine).inc()
    for answer in report.answers:
        for error in answer.errors:
            if not error.uncertain:
                metrics.ERRORS.labels(error.type.value).inc()
