"""A session is transcribed → its report is stored, then told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.errors import Unavailable
from processors.analyze.core.judgement import AnswerJudgement, Claim, Judgement, Kind
from processors.analyze.service import AnalyzeService
from schemas.base import Event
from schemas.replies import Reply
from schemas.reports import Report, ReportReady, Verdict
from schemas.transcripts import SessionTranscribed, TranscriptFinal
from schemas.wire import ReportMessage
from tests.support.sessions import transcribed

NOW_MS = 1_700_000_100_000
SESSION = transcribed("she go home.", reply_to=3)


class FixedClock:
    def now_ms(self) -> int:
        return NOW_MS

    def monotonic_ms(self) -> int:
        return 0


@dataclass
class StubJudge:
    name: str
    awake: bool = True
    asked: int = 0

    @property
    def absent(self) -> str:
        return f"{self.name} was absent."

    async def judge(self, session: SessionTranscribed) -> Judgement:
        self.asked += 1
        if not self.awake:
            raise Unavailable("It sleeps.", "Wake it.")
        claim = Claim("she go", "she goes", "She goes.", Kind.AGREEMENT)
        answers = tuple(AnswerJudgement(Verdict.ANSWERED, "Yes.", (claim,)) for _ in session.answers)
        return Judgement("llm", self.name, answers, limits=(f"{self.name} may be wrong.",))


@dataclass
class MemoryOutbox:
    sent: list[ReportReady | tuple[Reply, int]] = field(default_factory=list)

    async def store(self, ready: ReportReady) -> None:
        self.sent.append(ready)

    async def tell(self, reply: Reply, reply_to: int) -> None:
        self.sent.append((reply, reply_to))


async def handled(judges: Sequence[StubJudge], event: Event = SESSION) -> MemoryOutbox:
    outbox = MemoryOutbox()
    await AnalyzeService(judges, outbox, FixedClock(), floor=0.5).handle(event)
    return outbox


async def report_by(*judges: StubJudge, session: SessionTranscribed = SESSION) -> Report:
    ready = (await handled(judges, session)).sent[0]
    assert isinstance(ready, ReportReady)
    assert ready.report is not None
    return ready.report


async def test_the_fact_is_stored_before_the_client_is_told() -> None:
    ready, told = (await handled([StubJudge("llama")])).sent
    assert isinstance(ready, ReportReady)
    assert isinstance(told, tuple)
    reply, reply_to = told
    assert (ready.session_id, ready.user_id, ready.groups, ready.analysis_version) == ("s-1", "ada", ("class-1",), 1)
    assert (reply.session_id, reply.conn, reply.heard_frames, reply_to) == ("s-1", "c-1", None, 3)
    assert reply.message == ReportMessage(report=ready.report)
    assert ready.report is not None
    assert ready.report.answers[0].errors[0].quote == "she go"


async def test_the_same_session_again_is_the_same_event() -> None:
    first, second = await handled([StubJudge("a")]), await handled([StubJudge("b")])
    assert isinstance(first.sent[0], ReportReady)
    assert isinstance(second.sent[0], ReportReady)
    assert first.sent[0].event_id == second.sent[0].event_id
    other = await handled([StubJudge("a")], transcribed("yes.", session_id="s-2"))
    assert isinstance(other.sent[0], ReportReady)
    assert other.sent[0].event_id != first.sent[0].event_id


async def test_the_first_judge_that_answers_is_enough() -> None:
    llama, rules = StubJudge("llama"), StubJudge("rules")
    report = await report_by(llama, rules)
    assert (report.model, rules.asked) == ("llama", 0)


async def test_a_missing_judge_is_replaced_and_mentioned() -> None:
    report = await report_by(StubJudge("llama", awake=False), StubJudge("rules"))
    assert report.model == "rules"
    assert {"llama was absent.", "rules may be wrong."} <= set(report.limits)


async def test_without_any_judge_the_report_still_comes() -> None:
    report = await report_by(StubJudge("llama", awake=False), StubJudge("rules", awake=False))
    assert (report.engine, report.model) == ("rules", "none")
    assert report.measures.words == 3
    assert report.answers[0].verdict is Verdict.NOT_JUDGED
    assert {"llama was absent.", "rules was absent."} <= set(report.limits)


async def test_a_silent_session_is_shown_to_nobody() -> None:
    llama = StubJudge("llama")
    for silent in (transcribed(), transcribed("")):
        assert (await report_by(llama, session=silent)).answers == ()
    assert llama.asked == 0


async def test_other_facts_are_passed_over() -> None:
    final = SESSION.answers[0].finals[0]
    event = TranscriptFinal(event_id="e", at_ms=1, final=final, **SESSION.shared())
    assert (await handled([StubJudge("llama")], event)).sent == []


async def test_giving_up_tells_everybody_who_waits() -> None:
    outbox = MemoryOutbox()
    service = AnalyzeService([], outbox, FixedClock(), floor=0.5)
    await service.give_up(SESSION)
    ready, told = outbox.sent
    assert isinstance(ready, ReportReady)
    assert isinstance(told, tuple)
    assert ready.report is None
    assert ready.error
    assert told[0].message == ReportMessage(error=ready.error)
