"""The chain of the analyze stage: a session is transcribed → its report is stored, then told."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from infra.clock import Clock
from infra.errors import Unavailable
from infra.telemetry import get_logger
from processors.analyze.core.compose import compose, silent, unjudged
from processors.analyze.core.judgement import Judgement
from schemas.base import Event, derived_id
from schemas.replies import Reply
from schemas.reports import Report, ReportReady
from schemas.transcripts import SessionTranscribed
from schemas.wire import ReportMessage

ANALYSIS_VERSION = 1
"""Raised when the analysis changes so much that a session may get a second report."""

_NOBODY = "Nobody was there to judge this answer."
_FAILED = "No report could be made for this session. The transcript and the word count are not affected."


class Judge(Protocol):
    """Finds errors and judges answers. `absent`: what a report says when this judge could not be reached."""

    @property
    def absent(self) -> str: ...

    async def judge(self, session: SessionTranscribed) -> Judgement:
        """Of a session with words. Raises Unavailable if no judgement can be had."""
        ...


class Outbox(Protocol):
    """Where results go. Both return once the broker holds the record, and raise KafkaError if it does not."""

    async def store(self, ready: ReportReady) -> None:
        """Put the report on `reports`."""
        ...

    async def tell(self, reply: Reply, reply_to: int) -> None:
        """Send the client its report, by the partition that its edge owns."""
        ...


class AnalyzeService:
    """Handler of `transcripts`. `judges` are asked in turn until one answers. `floor`: see `compose`."""

    def __init__(self, judges: Sequence[Judge], outbox: Outbox, clock: Clock, floor: float) -> None:
        self._judges = judges
        self._outbox = outbox
        self._clock = clock
        self._floor = floor

    async def handle(self, event: Event) -> None:
        if not isinstance(event, SessionTranscribed):
            return
        began_ms = self._clock.monotonic_ms()
        report = await self._report(event)
        await self._send(event, report, error=None)
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
        if not any(answer.words for answer in session.answers):
            return silent(session)
        return compose(session, await self._judgement(session), self._floor)

    async def _judgement(self, session: SessionTranscribed) -> Judgement:
        missed: list[str] = []
        for judge in self._judges:
            try:
                judgement = await judge.judge(session)
            except Unavailable as error:
                get_logger("analyze").warning("the next judge is asked", reason=error.message)
                missed.append(judge.absent)
            else:
                return replace(judgement, limits=(*missed, *judgement.limits))
        return replace(unjudged(session, _NOBODY), limits=tuple(missed))

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
