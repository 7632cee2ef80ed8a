"""One answer: what a language model is shown of it, what it must say, and what is made of that."""

from typing import Any, Literal

from processors.analyze.core import remarks
from processors.analyze.core.heard import Heard, HeardSession
from processors.analyze.core.judgement import AnswerJudgement, Claim
from processors.analyze.core.model_text import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, Asked, shown_context
from processors.analyze.core.words import clip
from schemas.reports import ErrorType, Verdict

MAX_CLAIMS = 12
MAX_UNSURE_WORDS = 60
NO_QUESTION = "This was not said as an answer to one of the questions."
_REASONS = {
    Verdict.ANSWERED: "Your answer fits the question.",
    Verdict.PARTLY: "Your answer covers a part of the question.",
    Verdict.OFF_TOPIC: "Your answer is about something else than the question.",
    Verdict.NOT_ANSWERED: "This does not answer the question.",
    Verdict.NOT_UNDERSTOOD: "It could not be made out what you meant.",
}


class JudgedError(Asked):
    quote: str
    correction: str
    type: ErrorType
    explanation: str


class JudgedAnswer(Asked):
    """The schema that the output of one call is constrained to."""

    reason: str
    verdict: Literal["answered", "partly", "off_topic", "not_answered", "not_understood"]
    errors: list[JudgedError]
    improved: str


def answer_document(session: HeardSession, answer: Heard, floor: float) -> dict[str, Any]:
    """`floor`: words heard with a lower probability are named as unsure. The transcript is without disfluencies, so
    that none can be taken for an error."""
    unsure = dict.fromkeys(word.text for word in answer.fluent.words if word.probability < floor)
    return {
        **shown_context(session),
        "question": {"number": answer.question, "text": clip(answer.question_text, MAX_QUESTION_CHARS)}
        if answer.question_text
        else None,
        "transcript": clip(answer.fluent.text, MAX_ANSWER_CHARS),
        "unsure_words": list(unsure)[:MAX_UNSURE_WORDS],
    }


def is_cut(answer: Heard) -> bool:
    """Whether a model is shown only the beginning of an answer."""
    return len(answer.fluent.text) > MAX_ANSWER_CHARS


def judged_answer(said: JudgedAnswer, answer: Heard) -> AnswerJudgement:
    """The model's words, held to what was asked for. Quotes are verified elsewhere."""
    claims = tuple(
        Claim(error.quote, error.correction, error.explanation, error.type) for error in said.errors[:MAX_CLAIMS]
    )
    if answer.question is None:
        return AnswerJudgement(Verdict.NOT_JUDGED, NO_QUESTION, claims, said.improved)
    verdict = Verdict(said.verdict)
    reason = remarks.sentences(said.reason, 1, remarks.MAX_REASON_CHARS) or _REASONS[verdict]
    # The improved version of a part would pass for the whole.
    return AnswerJudgement(verdict, reason, claims, "" if is_cut(answer) else said.improved)
