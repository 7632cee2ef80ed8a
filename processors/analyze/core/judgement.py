"""What a judge, be it a model or a set of rules, says of a session, before it is verified."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from schemas.reports import Suggestion, Verdict


class Kind(StrEnum):
    """Kinds of errors, as a learner would name them."""

    AGREEMENT = "agreement"
    TENSE = "tense"
    VERB_FORM = "verb_form"
    ARTICLE = "article"
    PREPOSITION = "preposition"
    PLURAL = "plural"
    PRONOUN = "pronoun"
    WORD_ORDER = "word_order"
    WORD_CHOICE = "word_choice"
    MISSING_WORD = "missing_word"
    EXTRA_WORD = "extra_word"
    OTHER = "other"


@dataclass(frozen=True)
class Claim:
    """An error that a judge claims to have found. `first_word`: number (from 0) of the quote's first word in the
    answer, if the judge knows it; a model does not."""

    quote: str
    correction: str
    explanation: str
    kind: Kind
    first_word: int | None = None


@dataclass(frozen=True)
class AnswerJudgement:
    verdict: Verdict
    reason: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Judgement:
    """`answers`: one for each answer of the session, in its order. `summary` and `practise` are a model's own words,
    and empty where rules judged. `limits`: what a reader should know about how this came about."""

    engine: Literal["llm", "rules"]
    model: str
    answers: tuple[AnswerJudgement, ...]
    summary: str = ""
    practise: tuple[Suggestion, ...] = ()
    limits: tuple[str, ...] = ()
