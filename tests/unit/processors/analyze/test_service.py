"""A session was transcribed: its report is made, stored, then sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.errors import Unavailable
from processors.analyze.adapters.curriculum import read_curriculum
from processors.analyze.core.answers import SpokenAnswer, SpokenSession
from processors.analyze.core.assessment import (
    AnswerAssessment,
    Assessments,
    Finding,
    GrammarFindings,
    LlmUsage,
    SessionSummary,
)
from processors.analyze.service import ANALYSIS_VERSION, Analyzers, AnalyzeService
from schemas.base import Event
from schemas.replies import Reply
from schemas.reports import AnswerReport, ErrorType, Measures, Report, ReportReady, Verdict
from schemas.transcripts import SessionReaddressed, SessionTranscribed, TranscriptFinal
from schemas.wire import ReportMessage
from tests.support.analyze.sessions import transcribed

NOW_MS = 1_700_000_100_000
SESSION = transcribed("she go home.", reply_to=3)
LESSONS = read_curriculum()
FINDING = Finding("she go", "she goes", "She goes.", ErrorType.AGREEMENT)


class FixedClock:
    def now_ms(self) -> int:
        return NOW_MS

    def monotonic_ms(self) -> int:
        return 0


@dataclass
class StubChecker:
    available: bool = True
    asked: int = 0

    async def check(self, answers: Sequence[SpokenAnswer]) -> GrammarFindings:
        self.asked += 1
        if not self.available:
            raise Unavailable("It is down.", "Start it.")
        return GrammarFindings("LanguageTool 6.6", ((FINDING,),) * len(answers))


@dataclass
class StubModel:
    available: bool = True
    summarises: bool = True
    timeouts_s: list[float] = field(default_factory=list)

    async def assess(self, session: SpokenSession, timeout_s: float) -> Assessments:
        self.timeouts_s.append(timeout_s)
        if not self.available:
            raise Unavailable("It is down.", "Start it.")
        assessment = AnswerAssessment(Verdict.ANSWERED, "It fits.", (FINDING,))
        return Assessments("llama", (assessment,) * len(session.usable_answers), LlmUsage(1), "answer-v1")

    async def summarise(self, answers: Sequence[AnswerReport], measures: Measures, timeout_s: float) -> SessionSummary:
        self.timeouts_s.append(timeout_s)
        if not self.summarises:
            raise Unavailable("It is down.", "Start it.")
        return SessionSummary(f"{len(answers)} rows, {measures.words} words.", (), LlmUsage(1), "summary-v1")


@dataclass
class MemoryReportStore:
    stored: list[ReportReady] = field(default_factory=list)

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        return next((one for one in self.stored if one.session_id == session_id and one.at_ms >= since_ms), None)

    async def store(self, ready: ReportReady) -> ReportReady:
        first = next((one for one in self.stored if one.session_id == ready.session_id and one.report), None)
        self.stored.append(ready)
        return first or ready


@dataclass
class MemoryReplies:
    store: MemoryReportStore
    sent: list[tuple[Reply, int]] = field(default_factory=list)

    async def send(self, reply: Reply, partition: int) -> None:
        assert self.store.stored, "sent before it was stored"
        self.sent.append((reply, partition))


class Stage:
    """The service with its fakes."""

    def __init__(
        self,
        checker: StubChecker | None = None,
        model: StubModel | None = None,
        store: MemoryReportStore | None = None,
        replies: MemoryReplies | None = None,
    ) -> None:
        self.checker = checker or StubChecker()
        self.store = store or MemoryReportStore()
        self.replies = replies or MemoryReplies(self.store)
        analyzers = Analyzers(self.checker, model, LESSONS, min_word_probability=0.5, llm_deadline_s=10.0)
        self.service = AnalyzeService(analyzers, self.store, self.replies, FixedClock())

    async def report(self, session: SessionTranscribed = SESSION) -> Report:
        await self.service.handle(session)
        report = self.store.stored[0].report
        assert report is not None
        return report


async def test_the_report_is_stored_before_it_is_sent() -> None:
    stage = Stage()
    await stage.service.handle(SESSION)
    [ready], [(reply, reply_to)] = stage.store.stored, stage.replies.sent
    assert (ready.session_id, ready.user_id, ready.groups) == ("s-1", "ada", ("class-1",))
    assert ready.analysis_version == ANALYSIS_VERSION
    assert (reply.session_id, reply.conn, reply.heard_frames, reply_to) == ("s-1", "c-1", None, 3)
    assert reply.message == ReportMessage(report=ready.report)
    assert ready.report is not None
    assert ready.report.answers[0].errors[0].quote == "she go"


async def test_a_redelivered_session_is_sent_its_first_report() -> None:
    stage = Stage()
    session = SESSION.model_copy(update={"at_ms": NOW_MS - 1000})
    await stage.service.handle(session)
    await stage.service.handle(session)
    assert (len(stage.store.stored), stage.checker.asked) == (1, 1)
    first, second = (reply for reply, _ in stage.replies.sent)
    assert first.message == second.message


async def test_a_report_goes_to_the_new_address_of_a_client_that_reconnected() -> None:
    stage = Stage()
    shared = SESSION.shared()
    moved = SessionReaddressed(event_id="m", at_ms=NOW_MS, conn="c-2", reply_to=7, **shared)
    await stage.service.handle(moved)
    await stage.service.handle(SESSION)
    [(reply, reply_to)] = stage.replies.sent
    assert (reply.conn, reply_to) == ("c-2", 7)


@dataclass
class ReconnectingClient(MemoryReplies):
    """Reconnects while the report is being sent for the first time."""

    service: AnalyzeService | None = None

    async def send(self, reply: Reply, partition: int) -> None:
        service, self.service = self.service, None
        if service:
            moved = SessionReaddressed(event_id="m", at_ms=NOW_MS, conn="c-2", reply_to=7, **SESSION.shared())
            await service.handle(moved)
        await super().send(reply, partition)


async def test_a_report_is_sent_again_to_a_client_that_reconnects_meanwhile() -> None:
    store = MemoryReportStore()
    replies = ReconnectingClient(store)
    stage = Stage(store=store, replies=replies)
    replies.service = stage.service
    await stage.service.handle(SESSION)
    assert [reply.conn for reply, _ in replies.sent][-1] == "c-2"
    assert len({reply.message.model_dump_json() for reply, _ in replies.sent if reply.message}) == 1
    assert len(store.stored) == 1


@dataclass
class RacingReportStore(MemoryReportStore):
    """Another process stores its report just after the look-up."""

    theirs: ReportReady | None = None

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        found = await super().first(session_id, since_ms)
        if self.theirs:
            self.stored.append(self.theirs)
        return found


async def test_a_report_that_another_process_stored_first_counts() -> None:
    other = Stage(StubChecker(available=False))
    await other.service.handle(SESSION)
    [theirs] = other.store.stored
    stage = Stage(store=RacingReportStore(theirs=theirs))
    await stage.service.handle(SESSION)
    [(reply, _)] = stage.replies.sent
    assert reply.message == ReportMessage(report=theirs.report)


async def test_the_session_is_summarised_after_model_and_rules_have_run() -> None:
    model = StubModel()
    report = await Stage(model=model).report()
    assert (report.engine, report.model) == ("llm", "llama")
    assert report.answers[0].errors[0].sure
    assert report.summary == "10 rows, 3 words."
    assert model.timeouts_s == [7.0, 10.0]


async def test_without_a_model_there_are_errors_by_rules_and_no_verdict() -> None:
    report = await Stage().report()
    assert (report.engine, report.model) == ("rules", "LanguageTool 6.6")
    assert report.answers[0].verdict is Verdict.NOT_JUDGED
    assert not any("gave no usable" in limit for limit in report.limits)


async def test_an_unavailable_model_is_replaced_by_rules_and_mentioned() -> None:
    report = await Stage(model=StubModel(available=False)).report()
    assert (report.engine, report.model) == ("rules", "LanguageTool 6.6")
    assert any("language model gave no usable judgement" in limit for limit in report.limits)


async def test_an_unavailable_checker_leaves_the_model_and_is_mentioned() -> None:
    report = await Stage(StubChecker(available=False), StubModel()).report()
    assert report.engine == "llm"
    assert not report.answers[0].errors[0].sure
    assert any("grammar checker did not answer" in limit for limit in report.limits)


async def test_an_unavailable_summary_is_made_by_rules() -> None:
    report = await Stage(model=StubModel(summarises=False)).report()
    assert report.engine == "llm"
    assert report.summary.startswith("You said 3 words")
    assert any("did not summarise the session" in limit for limit in report.limits)


async def test_without_model_and_checker_there_is_still_a_report() -> None:
    report = await Stage(StubChecker(available=False), StubModel(available=False)).report()
    assert (report.engine, report.model) == ("rules", "none")
    assert report.measures.words == 3
    assert report.answers[0].verdict is Verdict.NOT_JUDGED
    assert len(report.limits) == 3


async def test_an_unusable_session_is_neither_checked_nor_assessed() -> None:
    model = StubModel()
    for session in (transcribed(), transcribed(""), transcribed("we swim often.", unsure=["we", "swim"])):
        stage = Stage(model=model)
        assert not (await stage.report(session)).usable
        assert stage.checker.asked == 0
    assert model.timeouts_s == []


async def test_other_events_are_ignored() -> None:
    stage = Stage()
    final = SESSION.answers[0].finals[0]
    event: Event = TranscriptFinal(event_id="e", at_ms=1, final=final, **SESSION.shared())
    await stage.service.handle(event)
    assert (stage.store.stored, stage.replies.sent) == ([], [])


async def test_giving_up_stores_the_failure_and_tells_the_client() -> None:
    stage = Stage()
    await stage.service.give_up(SESSION)
    [ready], [(reply, _)] = stage.store.stored, stage.replies.sent
    assert ready.report is None
    assert ready.error
    assert reply.message == ReportMessage(error=ready.error)
