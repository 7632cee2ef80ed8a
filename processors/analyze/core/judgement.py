"""What judges, a model or a set of rules, say of answers, before it is verified."""

from dataclasses import dataclass

from schemas.reports import ErrorType, Suggestion, Verdict


@dataclass(frozen=True)
class Claim:
    """An error that a judge claims to have found. `first_word`: number (from 0) of the quote's first word among the
    answer's fluent words, if the judge knows it; a model does not."""

    quote: str
    correction: str
    explanation: str
    type: ErrorType
    first_word: int | None = None


@dataclass(frozen=True)
class AnswerJudgement:
    """A model's view of one answer. `improved` may be empty."""

    verdict: Verdict
    reason: str
    claims: tuple[Claim, ...]
    improved: str = ""


@dataclass(frozen=True)
class Usage:
    """What a model's calls cost."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model_ms: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.model_ms + other.model_ms,
        )


@dataclass(frozen=True)
class Checked:
    """The grammar checker's claims, one tuple for each answer it was shown."""

    checker: str
    claims: tuple[tuple[Claim, ...], ...]


@dataclass(frozen=True)
class Judged:
    """A model's judgements, one for each answer it was shown; None where its call failed. `cut`: some answers were too
    long to be shown whole."""

    model: str
    answers: tuple[AnswerJudgement | None, ...]
    usage: Usage
    prompt: str
    cut: bool = False


@dataclass(frozen=True)
class Closing:
    """A model's words about the whole session."""

    summary: str
    practise: tuple[Suggestion, ...]
    usage: Usage
    prompt: str
