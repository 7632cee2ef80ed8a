"""The report, put together from a judgement and what was measured."""

from processors.analyze.core.judgement import AnswerJudgement, Judgement, Kind
from processors.analyze.core.measures import measure
from processors.analyze.core.suggestions import suggest
from processors.analyze.core.verify import verify
from schemas.reports import AnswerReport, Measures, Report, SpokenError, Suggestion, Verdict
from schemas.sessions import EndCause
from schemas.transcripts import SessionTranscribed

NO_MODEL = "none"
_RECOGNISER = (
    "The transcript was made by a speech recogniser, which may mishear words, mend grammar and leave out fillers."
)
_ENDED = {
    EndCause.IDLE: "The session ended because the connection was lost: what was said later is not in it.",
    EndCause.LENGTH: "The session reached its greatest length: what was said later is not in it.",
    EndCause.EXPIRED: "The session ended because its token ran out: what was said later is not in it.",
}


def unjudged(session: SessionTranscribed, reason: str) -> Judgement:
    """The judgement when there is nobody to judge: nothing is guessed."""
    answers = tuple(AnswerJudgement(Verdict.NOT_JUDGED, reason, ()) for _ in session.answers)
    return Judgement("rules", NO_MODEL, answers)


def silent(session: SessionTranscribed) -> Report:
    """The report of a session in which no word was heard."""
    return Report(
        engine="rules",
        model=NO_MODEL,
        summary="No words were heard, so there is nothing to judge this time.",
        answers=(),
        measures=measure(session),
        practise=(
            Suggestion(
                title="Check your microphone",
                reason="Choose the right microphone, speak closer to it, and try again in a quiet room.",
            ),
        ),
        limits=_limits(session),
    )


def compose(session: SessionTranscribed, judgement: Judgement, floor: float) -> Report:
    """`floor`: errors that rest on words heard with a lower probability are uncertain, and do not count."""
    asked = {question.number: question.text for question in session.questions}
    measures = measure(session)
    answers: list[AnswerReport] = []
    certain: list[Kind] = []
    misquoted = 0
    for answer, judged in zip(session.answers, judgement.answers, strict=True):
        verified = verify(answer.words, judged.claims, floor)
        misquoted += verified.misquoted
        certain += (kind for error, kind in zip(verified.errors, verified.kinds, strict=True) if not error.uncertain)
        answers.append(
            AnswerReport(
                question=answer.question,
                question_text=asked.get(answer.question) if answer.question is not None else None,
                transcript=answer.text,
                verdict=judged.verdict,
                reason=judged.reason,
                errors=verified.errors,
            )
        )
    errors = [error for answer in answers for error in answer.errors]
    own = (_misquoted(misquoted),) if misquoted else ()
    return Report(
        engine=judgement.engine,
        model=judgement.model,
        summary=judgement.summary or _summary(measures, len(answers), errors, judgement.model != NO_MODEL),
        answers=tuple(answers),
        measures=measures,
        practise=judgement.practise or suggest(certain, measures, len(answers)),
        limits=(*_limits(session), *judgement.limits, *own),
    )


def _summary(measures: Measures, answers: int, errors: list[SpokenError], checked: bool) -> str:
    said = (
        f"You said {_counted(measures.words, 'word')} in {_counted(answers, 'answer')}, "
        f"at {measures.words_per_minute:.0f} words a minute."
    )
    if not checked:
        return said
    counting = sum(not error.uncertain for error in errors)
    unsure = len(errors) - counting
    found = f" The grammar rules found {_counted(counting, 'error') if counting else 'no errors'}"
    return said + found + (f", and {unsure} that may have been misheard." if unsure else ".")


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _misquoted(count: int) -> str:
    if count == 1:
        return "A remark was left out, because it quoted words that were not said."
    return f"{count} remarks were left out, because they quoted words that were not said."


def _limits(session: SessionTranscribed) -> tuple[str, ...]:
    ended = _ENDED.get(session.ended_by)
    return (_RECOGNISER, ended) if ended else (_RECOGNISER,)
