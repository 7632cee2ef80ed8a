"""The report, composed of the verified errors, the measures and the summary."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.analyze.core.answers import SpokenAnswer, SpokenSession
from processors.analyze.core.assessment import (
    AnswerAssessment,
    Assessments,
    GrammarFindings,
    LlmUsage,
    SessionSummary,
)
from processors.analyze.core.caveats import caveats
from processors.analyze.core.curriculum import Curriculum, Habit
from processors.analyze.core.measures import measure
from processors.analyze.core.rewrites import choose_rewrite
from processors.analyze.core.suggestions import suggest, suggestion_for
from processors.analyze.core.verify import Verification, verify
from schemas.reports import AnswerReport, Measures, Problem, Provenance, Report, Verdict
from schemas.transcripts import SessionTranscribed

NO_MODEL = "none"
NO_LANGUAGE_MODEL = "Only a language model can judge whether an answer makes sense, and none was used."
NOT_ASSESSED = "The language model did not judge this answer."
_NO_WORDS = "No answer to this question was heard."
_UNCLEAR = "Too many words could not be understood to judge this answer."
_FOREIGN = "This did not sound like English, so it was not judged."
_SILENT = "No words were heard, so there is nothing to judge this time."
_UNUSABLE = (
    "Too little could be understood to judge your English this time. That is about the sound, not about you: "
    "with a clearer recording you will get a report."
)
_MICROPHONE = "Choose the right microphone, speak closer to it, and try again in a quiet room."


@dataclass(frozen=True)
class Draft:
    """The report's answers and measures, before the summary."""

    answers: tuple[AnswerReport, ...]
    measures: Measures
    unverified_quotes: int = 0


def draft(
    session: SessionTranscribed,
    spoken: SpokenSession,
    grammar: GrammarFindings | None,
    assessments: Assessments | None,
    min_probability: float,
) -> Draft:
    """`grammar` and `assessments` are None if the service gave none. `min_probability`: see `verify`."""
    by_rules = iter(grammar.findings if grammar else ())
    by_model = iter(assessments.answers if assessments else ())
    reports, unverified_quotes = [], 0
    for answer in spoken.answers:
        if not answer.usable:
            reports.append(_unusable_answer(answer))
            continue
        assessment, findings = next(by_model, None), next(by_rules, ())
        verification = verify(answer, assessment.findings if assessment else (), findings, min_probability)
        unverified_quotes += verification.unverified_quotes
        reason = NOT_ASSESSED if assessments else NO_LANGUAGE_MODEL
        reports.append(_answer_report(answer, assessment, verification, reason))
    return Draft(tuple(reports), measure(session), unverified_quotes)


def compose(
    session: SessionTranscribed,
    spoken: SpokenSession,
    made: Draft,
    grammar: GrammarFindings | None,
    assessments: Assessments | None,
    summary: SessionSummary | None,
    curriculum: Curriculum,
    outages: Sequence[str] = (),
) -> Report:
    """`outages`: sentences about services that did not answer."""
    types = [error.type for answer in made.answers for error in answer.errors if not error.uncertain]
    given = sum(bool(answer.words) for answer in spoken.answers)
    checker = grammar.checker if grammar else NO_MODEL
    return Report(
        engine="llm" if assessments else "rules",
        model=assessments.model if assessments else checker,
        summary=summary.text if summary else _summary(made, given, bool(grammar or assessments)),
        answers=made.answers,
        measures=made.measures,
        practise=(summary.suggestions if summary else ()) or suggest(types, made.measures, given, curriculum),
        limits=caveats(session, spoken, grammar, assessments, made.unverified_quotes, outages),
        provenance=_provenance(grammar, assessments, summary),
    )


def unusable_report(session: SessionTranscribed, spoken: SpokenSession, curriculum: Curriculum) -> Report:
    """The short report on a session in which nothing was said or nothing could be understood: no errors, and advice."""
    advice = next((answer.quality.advice for answer in spoken.answers if answer.words), "")
    return Report(
        engine="rules",
        model=NO_MODEL,
        summary=_UNUSABLE if spoken.has_words else _SILENT,
        answers=tuple(_unusable_answer(answer) for answer in spoken.answers) if spoken.has_words else (),
        measures=measure(session),
        practise=(suggestion_for(curriculum, Habit.MICROPHONE, advice or _MICROPHONE),),
        limits=caveats(session, spoken, None, None, 0, ()),
        usable=False,
    )


def _answer_report(
    answer: SpokenAnswer, assessment: AnswerAssessment | None, verification: Verification, default_reason: str
) -> AnswerReport:
    rewrite = assessment.rewrite if assessment else ""
    return AnswerReport(
        question=answer.question,
        question_text=answer.question_text,
        transcript=answer.transcript,
        verdict=assessment.verdict if assessment else Verdict.NOT_JUDGED,
        reason=assessment.reason if assessment else default_reason,
        errors=verification.errors,
        improved=choose_rewrite(rewrite, answer.fluent.words, verification.verified),
        quality=answer.quality,
    )


def _unusable_answer(answer: SpokenAnswer) -> AnswerReport:
    if not answer.fluent.words:
        verdict, reason = Verdict.NOT_ANSWERED, _NO_WORDS
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


def _summary(made: Draft, given: int, checked: bool) -> str:
    """The summary by rules. `checked`: whether errors were looked for."""
    measures = made.measures
    spoken = (
        f"You said {_counted(measures.words, 'word')} in {_counted(given, 'answer')}, "
        f"at {measures.words_per_minute:.0f} words a minute."
    )
    if not checked:
        return spoken
    errors = [error for answer in made.answers for error in answer.errors]
    counted = sum(not error.uncertain for error in errors)
    uncertain = len(errors) - counted
    found = f" {_counted(counted, 'error').capitalize() if counted else 'No errors'} found"
    return spoken + found + (f", and {uncertain} that may have been misheard." if uncertain else ".")


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _provenance(
    grammar: GrammarFindings | None, assessments: Assessments | None, summary: SessionSummary | None
) -> Provenance:
    usage = (assessments.usage if assessments else LlmUsage()) + (summary.usage if summary else LlmUsage())
    prompts = (*((assessments.prompt,) if assessments else ()), *((summary.prompt,) if summary else ()))
    return Provenance(
        prompts=prompts,
        rules=grammar.checker if grammar else None,
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        model_ms=usage.model_ms,
    )
