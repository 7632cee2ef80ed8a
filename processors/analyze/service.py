"""The analyze stage: when a session has been transcribed, its report is made, stored, and sent to the client.

The first report of a session and analysis version counts. So the store is searched before a report is made, since the
event may be a redelivery, and the client is sent what the store returns, which is another process's report if that was
stored first.
"""

import asyncio
from dataclasses import dataclass

from infra.clock import Clock
from infra.errors import Unavailable
from infra.telemetry import get_logger
from processors.analyze import metrics
from processors.analyze.core.answers import SpokenSession, spoken_session
from processors.analyze.core.assessment import Assessments, GrammarFindings, SessionSummary
from processors.analyze.core.compose import Draft, compose, draft, unusable_report
from processors.analyze.core.curriculum import Curriculum
from processors.analyze.core.reply_addresses import ReplyAddresses
from processors.analyze.ports import GrammarChecker, LanguageModel, ReportReplies, ReportStore
from schemas.base import Event, derived_id
from schemas.replies import Reply, ReplyAddress
from schemas.reports import Report, ReportReady
from schemas.transcripts import SessionReaddressed, SessionTranscribed
from schemas.wire import ReportMessage

ANALYSIS_VERSION = 2
"""Raised when the analysis changes so much that a session may get a second report."""

_NO_CHECKER = "The grammar checker did not answer."
_NO_CHECKER_ALONE = "The grammar checker did not answer, so no grammar errors were looked for."
_NO_MODEL = "The language model gave no usable judgement, so this report was made by rules."
_NO_SUMMARY = "The language model did not summarise the session, so the summary was made by rules."
_RECONNECTS_WITHIN_MS = 20 * 60 * 1000
"""A client that resumes an ended session does so within this time of its end: the transcriber keeps it for 10 min."""
_FAILED = "No report could be made for this session. The transcript and the word count are not affected."
_SUMMARY_SHARE = 0.3
"""Share of the language model's deadline that is reserved for the summary."""

_log = get_logger("analyze")


@dataclass(frozen=True)
class Analyzers:
    """What reports are made with."""

    checker: GrammarChecker
    model: LanguageModel | None
    """None if no language model is configured."""
    curriculum: Curriculum
    min_word_probability: float
    """Words recognised with a lower probability are unsure."""
    llm_deadline_s: float
    """Seconds that the language model may take for a session."""


class AnalyzeService:
    """Handles the events of `transcripts`."""

    events = (SessionTranscribed, SessionReaddressed)

    def __init__(self, analyzers: Analyzers, store: ReportStore, replies: ReportReplies, clock: Clock) -> None:
        self._analyzers = analyzers
        self._store = store
        self._replies = replies
        self._clock = clock
        self._addresses = ReplyAddresses()

    async def handle(self, event: Event) -> None:
        match event:
            case SessionTranscribed():
                await self._transcribed(event)
            case SessionReaddressed():
                await self._readdressed(event)

    async def give_up(self, event: Event) -> None:
        """The client and the HTTP API are told that no report will follow; the reason is in the dead letter and the
        log."""
        if isinstance(event, SessionTranscribed):
            metrics.REPORTS.labels("failed").inc()
            await self._send_report(event, await self._store.store(self._ready(event, None, error=_FAILED)))

    async def _transcribed(self, session: SessionTranscribed) -> None:
        began_ms = self._clock.monotonic_ms()
        known = await self._store.first(session.session_id, session.at_ms)
        if known is not None and known.report is not None:
            metrics.REPORTS.labels("known").inc()
            _log.info("report already stored")
            await self._send_report(session, known)
            return
        report = await self._report(session)
        await self._send_report(session, await self._store.store(self._ready(session, report, error=None)))
        took_ms = self._clock.monotonic_ms() - began_ms
        metrics.REPORT_DURATION_SECONDS.observe(took_ms / 1000)
        _count(report)
        _log.info(
            "report made",
            engine=report.engine,
            model=report.model,
            answers=len(report.answers),
            errors=sum(len(answer.errors) for answer in report.answers),
            took_ms=took_ms,
        )

    async def _readdressed(self, moved: SessionReaddressed) -> None:
        """A report that is still being made goes to the new address by itself. One that was sent to the old address may
        not have been received, and is sent again."""
        address = ReplyAddress(conn=moved.conn, reply_to=moved.reply_to)
        self._addresses.update(moved.session_id, address)
        known = await self._store.first(moved.session_id, moved.at_ms - _RECONNECTS_WITHIN_MS)
        if known is not None:
            await self._send(known, address)

    async def _report(self, session: SessionTranscribed) -> Report:
        """Prepare the answers → check grammar and assess, concurrently → verify → summarise → compose."""
        began_ms = self._clock.monotonic_ms()
        min_probability, curriculum = self._analyzers.min_word_probability, self._analyzers.curriculum
        spoken = spoken_session(session, min_probability)
        if not spoken.usable_answers:
            return unusable_report(session, spoken, curriculum)
        grammar, assessments = await asyncio.gather(self._check(spoken), self._assess(spoken))
        made = draft(session, spoken, grammar, assessments, min_probability)
        metrics.UNVERIFIED_QUOTES.inc(made.unverified_quotes)
        left_s = self._analyzers.llm_deadline_s - (self._clock.monotonic_ms() - began_ms) / 1000
        summary = await self._summarise(made, left_s) if assessments else None
        outages = self._outages(grammar, assessments, summary)
        return compose(session, spoken, made, grammar, assessments, summary, curriculum, outages)

    async def _check(self, spoken: SpokenSession) -> GrammarFindings | None:
        try:
            return await self._analyzers.checker.check(spoken.usable_answers)
        except Unavailable as error:
            _log.warning("grammar not checked", reason=error.message)
            return None

    async def _assess(self, spoken: SpokenSession) -> Assessments | None:
        if self._analyzers.model is None:
            return None
        try:
            return await self._analyzers.model.assess(spoken, self._analyzers.llm_deadline_s * (1 - _SUMMARY_SHARE))
        except Unavailable as error:
            _log.warning("answers not assessed", reason=error.message)
            return None

    async def _summarise(self, made: Draft, timeout_s: float) -> SessionSummary | None:
        if self._analyzers.model is None:
            return None
        try:
            return await self._analyzers.model.summarise(made.answers, made.measures, timeout_s)
        except Unavailable as error:
            _log.warning("session not summarised", reason=error.message)
            return None

    def _outages(
        self, grammar: GrammarFindings | None, assessments: Assessments | None, summary: SessionSummary | None
    ) -> tuple[str, ...]:
        """What the report says about services that did not answer."""
        if assessments:
            sentences = ("" if grammar else _NO_CHECKER, "" if summary else _NO_SUMMARY)
        else:
            sentences = (_NO_MODEL if self._analyzers.model else "", "" if grammar else _NO_CHECKER_ALONE)
        return tuple(sentence for sentence in sentences if sentence)

    def _ready(self, session: SessionTranscribed, report: Report | None, error: str | None) -> ReportReady:
        return ReportReady(
            event_id=derived_id(session.session_id, "report" if report else "no report", ANALYSIS_VERSION),
            at_ms=self._clock.now_ms(),
            analysis_version=ANALYSIS_VERSION,
            report=report,
            error=error,
            **session.shared(),
        )

    async def _send_report(self, session: SessionTranscribed, ready: ReportReady) -> None:
        original = ReplyAddress(conn=session.conn, reply_to=session.reply_to)
        sent_to = None
        # The client may reconnect while the report is being sent.
        while sent_to != (address := self._addresses.current(session.session_id, original)):
            await self._send(ready, address)
            sent_to = address

    async def _send(self, ready: ReportReady, address: ReplyAddress) -> None:
        reply = Reply(
            event_id=derived_id(ready.event_id, "reply"),
            at_ms=self._clock.now_ms(),
            session_id=ready.session_id,
            conn=address.conn,
            heard_frames=None,
            message=ReportMessage(report=ready.report, error=ready.error),
        )
        await self._replies.send(reply, address.reply_to)


def _count(report: Report) -> None:
    metrics.REPORTS.labels(report.engine).inc()
    for answer in report.answers:
        for error in answer.errors:
            if not error.uncertain:
                metrics.GRAMMAR_ERRORS.labels(error.type.value).inc()
