"""The report, put together from what was found and what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.analyze.core.curriculum import Curriculum, Habit
from processors.analyze.core.heard import Heard, HeardSession
from processors.analyze.core.improve import improved
from processors.analyze.core.judgement import AnswerJudgement, Checked, Closing, Judged, Usage
from processors.analyze.core.limits import limits_of
from processors.analyze.core.measures import measure
from processors.analyze.core.suggestions import suggest, suggestion
from processors.analyze.core.verify import Verified, verify
from schemas.reports import AnswerReport, Measures, Problem, Provenance, Report, Suggestion, Verdict
from schemas.transcripts import SessionTranscribed

NO_MODEL = "none"
NOT_JUDGED = "Only a language model can judge whether an answer makes sense, and none was used."
LEFT_OUT = "The language model did not judge this answer."
_UNHEARD = "No words were heard to this question."
_UNCLEAR = "Too many words could not be made out to judge this answer."
_FOREIGN = "This did not sound like English, so it was not judged."
_SILENT = "No words were heard, so there is nothing to judge this time."
_UNUSABLE = (
    "Too little could be understood to judge your English this time. That is about the sound, not about you: "
    "with a clearer recording the report will follow."
)


@dataclass(frozen=True)
class Draft:
    """What stands before anybody sums it up. `misquoted`: claims that quoted what was not said."""

    answers: tuple[AnswerReport, ...]
    measures: Measures
    misquoted: int = 0


def draft(
    session: SessionTranscribed, heard: HeardSession, checked: Checked | None, judged: Judged | None, floor: float
) -> Draft:
    """`checked` and `judged` are None where nobody answered. `floor`: see `verify`."""
    by_rules = iter(checked.claims if checked else ())
    by_model = iter(judged.answers if judged else ())
    rows, misquoted = [], 0
    for answer in heard.answers:
        if not answer.usable:
            rows.append(_unjudged(answer))
            continue
        judgement, claims = next(by_model, None), next(by_rules, ())
        verified = verify(answer, judgement.claims if judgement else (), claims, floor)
        misquoted += verified.misquoted
        rows.append(_row(answer, judgement, verified, LEFT_OUT if judged else NOT_JUDGED))
    return Draft(tuple(rows), measure(session), misquoted)


def compose(
    session: SessionTranscribed,
    heard: HeardSession,
    made: Draft,
    checked: Checked | None,
    judged: Judged | None,
    closing: Closing | None,
    lessons: Curriculum,
    missed: Sequence[str] = (),
) -> Report:
    """`missed`: what a reader should know of judges who did not answer."""
    types = [error.type for answer in made.answers for error in answer.errors if not error.uncertain]
    given = sum(bool(answer.words) for answer in heard.answers)
    by_rules = checked.checker if checked else NO_MODEL
    return Report(
        engine="llm" if judged else "rules",
        model=judged.model if judged else by_rules,
        summary=closing.summary if closing else _summary(made, given, bool(checked or judged)),
        answers=made.answers,
        measures=made.measures,
        practise=(closing.practise if closing else ()) or suggest(types, made.measures, given, lessons),
        limits=limits_of(session, heard, checked, judged, made.misquoted, missed),
        provenance=_provenance(checked, judged, closing),
    )


def unusable(session: SessionTranscribed, heard: HeardSession, lessons: Curriculum) -> Report:
    """The short report of a session in which nothing was said, or nothing could be understood: no errors, and what to
    do about it."""
    advice = next((answer.quality.advice for answer in heard.answers if answer.words), "")
    fallback = "Choose the right microphone, speak closer to it, and try again in a quiet room."
    return Report(
        engine="rules",
        model=NO_MODEL,
        summary=_UNUSABLE if heard.spoken else _SILENT,
        answers=tuple(_unjudged(answer) for answer in heard.answers) if heard.spoken else (),
        measures=measure(session),
        practise=(_microphone(lessons, advice or fallback),),
        limits=limits_of(session, heard, None, None, 0, ()),
        usable=False,
    )


def _microphone(lessons: Curriculum, advice: str) -> Suggestion:
    return suggestion(lessons, Habit.MICROPHONE, advice)


def _row(answer: Heard, judgement: AnswerJudgement | None, verified: Verified, otherwise: str) -> AnswerReport:
    return AnswerReport(
        question=answer.question,
        question_text=answer.question_text,
        transcript=answer.transcript,
        verdict=judgement.verdict if judgement else Verdict.NOT_JUDGED,
        reason=judgement.reason if judgement else otherwise,
        errors=verified.errors,
        improved=improved(judgement.improved if judgement else "", answer.fluent.words, verified.found),
        quality=answer.quality,
    )


def _unjudged(answer: Heard) -> AnswerReport:
    if not answer.fluent.words:
        verdict, reason = Verdict.NOT_ANSWERED, _UNHEARD
    else:
        verdict = Verdict.NOT_UNDERSTOOD
        reason = _FOREIGN if Problem.WRONG_LANGUAGE in answer.quality.problems else _UNCLEAR
    return AnswerReport(
        question=answer.question,
        question_text=answer.question_text,
        transcript=answer.transcript,
        verdict=verdict,
        reason=reason,
        errors=(),
        quality=answer.quality,
    )


def _summary(made: Draft, given: int, looked: bool) -> str:
    measures = made.measures
    said = (
        f"You said {_counted(measures.words, 'word')} in {_counted(given, 'answer')}, "
        f"at {measures.words_per_minute:.0f} words a minute."
    )
    if not looked:
        return said
    errors = [error for answer in made.answers for error in answer.errors]
    counting = sum(not error.uncertain for error in errors)
    unsure = len(errors) - counting
    found = f" {_counted(counting, 'error').capitalize() if counting else 'No errors'} found"
    return said + found + (f", and {unsure} that may have been misheard." if unsure else ".")


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _provenance(checked: Checked | None, judged: Judged | None, closing: Closing | None) -> Provenance:
    usage = (judged.usage if judged else Usage()) + (closing.usage if closing else Usage())
    prompts = (*((judged.prompt,) if judged else ()), *((closing.prompt,) if closing else ()))
    return Provenance(
        prompts=prompts,
        rules=checked.checker if checked else None,
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        model_ms=usage.model_ms,
    )
