"""What a language model is shown of a session, what it must answer, and what is made of its answer."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from processors.analyze.core.judgement import AnswerJudgement, Claim, Judgement, Kind
from processors.analyze.core.words import clip
from schemas.reports import Suggestion, Verdict
from schemas.transcripts import Answer, SessionTranscribed

MAX_ANSWER_CHARS = 3_000
MAX_SESSION_CHARS = 12_000
"""About 3,000 tokens: with instructions and an answer of the same length it fits a context of 8,192."""
MAX_TOPIC_CHARS = 80
MAX_QUESTION_CHARS = 200
MAX_SUMMARY_CHARS = 600
MAX_REASON_CHARS = 300
MAX_TITLE_CHARS = 80
MAX_SUGGESTIONS = 3
MAX_CLAIMS = 12

_NO_QUESTION = "This was not said as an answer to one of the questions."
_LEFT_OUT = "The language model did not judge this answer."


class JudgedError(BaseModel):
    model_config = ConfigDict(extra="forbid")

    quote: str
    correction: str
    kind: Kind
    explanation: str


class JudgedAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    verdict: Literal["answered", "partly", "off_topic", "not_answered"]
    reason: str
    errors: list[JudgedError]


class Practice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    reason: str


class SessionJudgement(BaseModel):
    """The schema that the model's output is constrained to."""

    model_config = ConfigDict(extra="forbid")

    answers: list[JudgedAnswer]
    summary: str
    practise: list[Practice]


def document(session: SessionTranscribed, floor: float) -> dict[str, Any]:
    """The session as JSON data for a prompt: topic, questions and transcripts, cut to length; no names. `floor`: words
    heard with a lower probability are named as unsure."""
    asked = {question.number: question.text for question in session.questions}
    left = MAX_SESSION_CHARS
    answers = []
    for number, answer in enumerate(session.answers, start=1):
        transcript = clip(answer.text, min(MAX_ANSWER_CHARS, left)) if left > 0 else ""
        left -= len(transcript)
        if not transcript:
            continue
        question = asked.get(answer.question) if answer.question is not None else None
        answers.append(
            {
                "number": number,
                "question": clip(question, MAX_QUESTION_CHARS) if question else None,
                "transcript": transcript,
                "unsure_words": sorted({word.text for word in answer.words if word.probability < floor}),
            }
        )
    return {"topic": clip(session.topic, MAX_TOPIC_CHARS) if session.topic else None, "answers": answers}


def judgement(said: SessionJudgement, session: SessionTranscribed, model: str) -> Judgement:
    """The model's answer, cut to what was asked for. Quotes are verified elsewhere."""
    by_number = {answer.number: answer for answer in reversed(said.answers)}
    answers = tuple(_answer(by_number.get(number), answer) for number, answer in enumerate(session.answers, start=1))
    practise = tuple(
        Suggestion(title=clip(entry.title, MAX_TITLE_CHARS), reason=clip(entry.reason, MAX_REASON_CHARS))
        for entry in said.practise[:MAX_SUGGESTIONS]
        if entry.title.strip()
    )
    limits = ["Verdicts and explanations are a language model's, which can be wrong."]
    shown = document(session, floor=0.0)["answers"]
    if [entry["transcript"] for entry in shown] != [clip(answer.text, len(answer.text)) for answer in session.answers]:
        limits.append("The session was too long for the language model: it judged only the beginning of some answers.")
    return Judgement("llm", model, answers, clip(said.summary, MAX_SUMMARY_CHARS), practise, tuple(limits))


def _answer(said: JudgedAnswer | None, answer: Answer) -> AnswerJudgement:
    if said is None:
        return AnswerJudgement(Verdict.NOT_JUDGED, _LEFT_OUT, ())
    claims = tuple(
        Claim(error.quote, error.correction, error.explanation, error.kind) for error in said.errors[:MAX_CLAIMS]
    )
    if answer.question is None:
        return AnswerJudgement(Verdict.NOT_JUDGED, _NO_QUESTION, claims)
    return AnswerJudgement(Verdict(said.verdict), clip(said.reason, MAX_REASON_CHARS), claims)
