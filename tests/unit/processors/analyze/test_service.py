"""A session is transcribed → its report is made, stored, then told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.errors import Unavailable
from processors.analyze.adapters.curriculum import read_curriculum
from processors.analyze.core.heard import Heard, HeardSession
from processors.analyze.core.judgement import AnswerJudgement, Checked, Claim, Closing, Judged, Usage
from processors.analyze.service import ANALYSIS_VERSION, AnalyzeService, Teachers
from schemas.base import Event
from schemas.replies import Reply
from schemas.reports import AnswerReport, ErrorType, Measures, Report, ReportReady, Verdict
from schemas.transcripts import SessionReaddressed, SessionTranscribed, TranscriptFinal
from schemas.wire import ReportMessage
from tests.support.analyze.sessions import transcribed

NOW_MS = 1_700_000_100_000
SESSION = transcribed("she go home.", reply_to=3)
LESSONS = read_curriculum()
CLAIM = Claim("she go", "she goes", "She goes.", ErrorType.AGREEMENT)


class FixedClock:
    def now_ms(self) -> int:
        return NOW_MS

    def monotonic_ms(self) -> int:
        return 0


@dataclass
class StubChecker:
    awake: bool = True
    asked: int = 0

    async def check(self, answers: Sequence[Heard]) -> Checked:
        self.asked += 1
        if not self.awake:
            raise Unavailable("It sleeps.", "Wake it.")
        return Checked("LanguageTool 6.6", ((CLAIM,),) * len(answers))


@dataclass
class StubModel:
    awake: bool = True
    sums_up: bool = True
    asked: list[float] = field(default_factory=list)

    async def judge(self, session: HeardSession, within_s: float) -> Judged:
        self.asked.append(within_s)
        if not self.awake:
            raise Unavailable("It sleeps.", "Wake it.")
        judgement = AnswerJudgement(Verdict.ANSWERED, "It fits.", (CLAIM,))
        return Judged("llama", (judgement,) * len(session.usable), Usage(1), "answer-v1")

    async def sum_up(self, answers: Sequence[AnswerReport], measures: Measures, within_s: float) -> Closing:
        self.asked.append(within_s)
        if not self.sums_up:
            raise Unavailable("It sleeps.", "Wake it.")
        return Closing(f"{len(answers)} rows, {measures.words} words.", (), Usage(1), "summary-v1")


@dataclass
class MemoryLedger:
    kept: list[ReportReady] = field(default_factory=list)

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        return next((one for one in self.kept if one.session_id == session_id and one.at_ms >= since_ms), None)

    async def store(self, ready: ReportReady) -> ReportReady:
        first = next((one for one in self.kept if one.session_id == ready.session_id and one.report), None)
        self.kept.append(ready)
        return first or ready


@dataclass
class MemoryReplies:
    ledger: MemoryLedger
    told: list[tuple[Reply, int]] = field(default_factory=list)

    async def tell(self, reply: Reply, reply_to: int) -> None:
        assert self.ledger.kept, "told before it was stored"
        self.told.append((reply, reply_to))


class Stage:
    """The service with its fakes."""

    def __init__(
        self,
        checker: StubChecker | None = None,
        model: StubModel | None = None,
        ledger: MemoryLedger | None = None,
        replies: MemoryReplies | None = None,
    ) -> None:
        self.checker = checker or StubChecker()
        self.ledger = ledger or MemoryLedger()
        self.replies = replies or MemoryReplies(self.ledger)
        teachers = Teachers(self.checker, model, LESSONS, floor=0.5, within_s=10.0)
        self.service = AnalyzeService(teachers, self.ledger, self.replies, FixedClock())

    async def report(self, session: SessionTranscribed = SESSION) -> Report:
        await self.service.handle(session)
        report = self.ledger.kept[0].report
        assert report is not None
        return report


async def test_the_fact_is_stored_before_the_client_is_told() -> None:
    stage = Stage()
    await stage.service.handle(SESSION)
    [ready], [(reply, reply_to)] = stage.ledger.kept, stage.replies.told
    assert (ready.session_id, ready.user_id, ready.groups) == ("s-1", "ada", ("class-1",))
    assert ready.analysis_version == ANALYSIS_VERSION
    assert (reply.session_id, reply.conn, reply.heard_frames, reply_to) == ("s-1", "c-1", None, 3)
    assert reply.message == ReportMessage(report=ready.report)
    assert ready.report is not None
    assert ready.report.answers[0].errors[0].quote == "she go"


async def test_the_same_session_again_is_told_its_first_report() -> None:
    stage = Stage()
    session = SESSION.model_copy(update={"at_ms": NOW_MS - 1000})
    await stage.service.handle(session)
    await stage.service.handle(session)
    assert (len(stage.ledger.kept), stage.checker.asked) == (1, 1)
    first, second = (reply for reply, _ in stage.replies.told)
    assert first.message == second.message


async def test_a_client_that_came_back_elsewhere_is_told_there() -> None:
    stage = Stage()
    shared = SESSION.shared()
    moved = SessionReaddressed(event_id="m", at_ms=NOW_MS, conn="c-2", reply_to=7, **shared)
    await stage.service.handle(moved)
    await stage.service.handle(SESSION)
    [(reply, reply_to)] = stage.replies.told
    assert (reply.conn, reply_to) == ("c-2", 7)


@dataclass
class RestlessClient(MemoryReplies):
    """Comes back elsewhere while it is told for the first time."""

    service: AnalyzeService | None = None

    async def tell(self, reply: Reply, reply_to: int) -> None:
        service, self.service = self.service, None
        if service:
            moved = SessionReaddressed(event_id="m", at_ms=NOW_MS, conn="c-2", reply_to=7, **SESSION.shared())
            await service.handle(moved)
        await super().tell(reply, reply_to)


async def test_a_client_that_comes_back_while_it_is_told_is_told_again_there() -> None:
    ledger = MemoryLedger()
    replies = RestlessClient(ledger)
    stage = Stage(ledger=ledger, replies=replies)
    replies.service = stage.service
    await stage.service.handle(SESSION)
    assert [reply.conn for reply, _ in replies.told][-1] == "c-2"
    assert len({reply.message.model_dump_json() for reply, _ in replies.told if reply.message}) == 1
    assert len(ledger.kept) == 1


@dataclass
class LateLedger(MemoryLedger):
    """Another process stores its report just after we have looked."""

    theirs: ReportReady | None = None

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        found = await super().first(session_id, since_ms)
        if self.theirs:
            self.kept.append(self.theirs)
        return found


async def test_who_was_faster_counts() -> None:
    other = Stage(StubChecker(awake=False))
    await other.service.handle(SESSION)
    [theirs] = other.ledger.kept
    stage = Stage(ledger=LateLedger(theirs=theirs))
    await stage.service.handle(SESSION)
    [(reply, _)] = stage.replies.told
    assert reply.message == ReportMessage(report=theirs.report)


async def test_model_and_rules_work_side_by_side_and_then_it_is_summed_up() -> None:
    model = StubModel()
    report = await Stage(model=model).report()
    assert (report.engine, report.model) == ("llm", "llama")
    assert report.answers[0].errors[0].sure
    assert report.summary == "10 rows, 3 words."
    assert model.asked == [7.0, 10.0]


async def test_without_a_model_rules_judge_alone_and_no_verdict_is_guessed() -> None:
    report = await Stage().report()
    assert (report.engine, report.model) == ("rules", "LanguageTool 6.6")
    assert report.answers[0].verdict is Verdict.NOT_JUDGED
    assert not any("gave no usable" in limit for limit in report.limits)


async def test_a_missing_model_is_replaced_by_rules_and_mentioned() -> None:
    report = await Stage(model=StubModel(awake=False)).report()
    assert (report.engine, report.model) == ("rules", "LanguageTool 6.6")
    assert any("language model gave no usable judgement" in limit for limit in report.limits)


async def test_a_missing_checker_leaves_the_model() -> None:
    report = await Stage(StubChecker(awake=False), StubModel()).report()
    assert report.engine == "llm"
    assert not report.answers[0].errors[0].sure
    assert any("grammar checker did not answer" in limit for limit in report.limits)


async def test_a_missing_summary_is_made_by_rules() -> None:
    report = await Stage(model=StubModel(sums_up=False)).report()
    assert report.engine == "llm"
    assert report.summary.startswith("You said 3 words")
    assert any("did not sum the session up" in limit for limit in report.limits)


async def test_without_anybody_the_report_still_comes() -> None:
    report = await Stage(StubChecker(awake=False), StubModel(awake=False)).report()
    assert (report.engine, report.model) == ("rules", "none")
    assert report.measures.words == 3
    assert report.answers[0].verdict is Verdict.NOT_JUDGED
    assert len(report.limits) == 3


async def test_what_cannot_be_used_is_shown_to_nobody() -> None:
    model = StubModel()
    for session in (transcribed(), transcribed(""), transcribed("we swim often.", unsure=["we", "swim"])):
        stage = Stage(model=model)
        assert not (await stage.report(session)).usable
        assert stage.checker.asked == 0
    assert model.asked == []


async def test_other_facts_are_passed_over() -> None:
    stage = Stage()
    final = SESSION.answers[0].finals[0]
    event: Event = TranscriptFinal(event_id="e", at_ms=1, final=final, **SESSION.shared())
    await stage.service.handle(event)
    assert (stage.ledger.kept, stage.replies.told) == ([], [])


async def test_giving_up_tells_everybody_who_waits() -> None:
    stage = Stage()
    await stage.service.give_up(SESSION)
    [ready], [(reply, _)] = stage.ledger.kept, stage.replies.told
    assert ready.report is None
    assert ready.error
    assert reply.message == ReportMessage(error=ready.error)
