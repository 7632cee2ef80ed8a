"""Assessing one answer: the language model's input, the schema of its output, and what the output becomes."""

from typing import Any, Literal

from processors.analyze.core.answers import SpokenAnswer, SpokenSession
from processors.analyze.core.assessment import AnswerAssessment, Finding
from processors.analyze.core.model_input import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, session_context
from processors.analyze.core.model_output import MAX_REASON_CHARS, ModelOutput, clean_sentences
from processors.analyze.core.words import truncate
from schemas.reports import ErrorType, Verdict

MAX_FINDINGS = 12
MAX_UNSURE_WORDS = 60
NO_QUESTION = "This did not answer any of the questions."
_DEFAULT_REASONS = {
    Verdict.ANSWERED: "Your answer fits the question.",
    Verdict.PARTLY: "Your answer covers a part of the question.",
    Verdict.OFF_TOPIC: "Your answer is about something other than the question.",
    Verdict.NOT_ANSWERED: "This does not answer the question.",
    Verdict.NOT_UNDERSTOOD: "It was not possible to understand what you meant.",
}


class ErrorOutput(ModelOutput):
    quote: str
    correction: str
    type: ErrorType
    explanation: str


class AnswerOutput(ModelOutput):
    """The schema of the output for one answer."""

    reason: str
    verdict: Literal["answered", "partly", "off_topic", "not_answered", "not_understood"]
    errors: list[ErrorOutput]
    improved: str


def answer_input(session: SpokenSession, answer: SpokenAnswer, min_probability: float) -> dict[str, Any]:
    """`min_probability`: words recognised with a lower probability are listed as unsure. The transcript is sent without
    disfluencies, so that none is taken for an error."""
    unsure = dict.fromkeys(word.text for word in answer.fluent.words if word.probability < min_probability)
    return {
        **session_context(session),
        "question": {"number": answer.question, "text": truncate(answer.question_text, MAX_QUESTION_CHARS)}
        if answer.question_text
        else None,
        "transcript": truncate(answer.fluent.text, MAX_ANSWER_CHARS),
        "unsure_words": list(unsure)[:MAX_UNSURE_WORDS],
    }


def is_truncated(answer: SpokenAnswer) -> bool:
    """Whether only the beginning of the answer is sent."""
    return len(answer.fluent.text) > MAX_ANSWER_CHARS


def assessment_from(output: AnswerOutput, answer: SpokenAnswer) -> AnswerAssessment:
    """The output, reduced to what was asked for. Its quotes are not verified yet."""
    findings = tuple(
        Finding(error.quote, error.correction, error.explanation, error.type) for error in output.errors[:MAX_FINDINGS]
    )
    if answer.question is None:
        return AnswerAssessment(Verdict.NOT_JUDGED, NO_QUESTION, findings, output.improved)
    verdict = Verdict(output.verdict)
    reason = clean_sentences(output.reason, 1, MAX_REASON_CHARS) or _DEFAULT_REASONS[verdict]
    # The rewrite of a truncated answer would be taken for a rewrite of the whole answer.
    return AnswerAssessment(verdict, reason, findings, "" if is_truncated(answer) else output.improved)
