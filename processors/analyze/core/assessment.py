"""Results of the language model and the grammar checker, before they are verified."""

from dataclasses import dataclass

from schemas.reports import ErrorType, Suggestion, Verdict


@dataclass(frozen=True)
class Finding:
    """A possible error, not yet verified."""

    quote: str
    correction: str
    explanation: str
    type: ErrorType
    first_word: int | None = None
    """Index of the quote's first word among the answer's fluent words. None if not known: a language model gives
    none."""


@dataclass(frozen=True)
class AnswerAssessment:
    """A language model's assessment of one answer."""

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...]
    rewrite: str = ""
    """The answer in better English; may be empty."""


@dataclass(frozen=True)
class LlmUsage:
    """The cost of calls to a language model."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model_ms: int = 0

    def __add__(self, other: "LlmUsage") -> "LlmUsage":
        return LlmUsage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.model_ms + other.model_ms,
        )


@dataclass(frozen=True)
class GrammarFindings:
    """The grammar checker's findings."""

    checker: str
    """Its name and version."""
    findings: tuple[tuple[Finding, ...], ...]
    """One tuple for each answer that was checked."""


@dataclass(frozen=True)
class Assessments:
    """A language model's assessments of a session's answers."""

    model: str
    answers: tuple[AnswerAssessment | None, ...]
    """One for each answer that was sent; None where the call failed."""
    usage: LlmUsage
    prompt: str
    """Name of the prompt file."""
    truncated: bool = False
    """Whether an answer was too long to be sent whole."""


@dataclass(frozen=True)
class SessionSummary:
    """A language model's summary of a session."""

    text: str
    suggestions: tuple[Suggestion, ...]
    usage: LlmUsage
    prompt: str
    """Name of the prompt file."""
