"""The report on a session, on `reports`. Fields with a default were added in version 2; reports of version 1 parse."""

from enum import StrEnum
from typing import Literal

from schemas.base import Schema, SessionEvent


class Verdict(StrEnum):
    """Whether an answer made sense as an answer to its question."""

    ANSWERED = "answered"
    PARTLY = "partly"
    OFF_TOPIC = "off_topic"
    NOT_ANSWERED = "not_answered"
    NOT_UNDERSTOOD = "not_understood"
    """The transcript could not be understood."""
    NOT_JUDGED = "not_judged"
    """No language model judged it."""


class ErrorType(StrEnum):
    """Types of grammar errors, in a learner's terms. The set is closed."""

    AGREEMENT = "subject_verb_agreement"
    TENSE = "tense"
    VERB_FORM = "verb_form"
    ARTICLE = "article"
    PREPOSITION = "preposition"
    PLURAL = "plural"
    PRONOUN = "pronoun"
    COMPARISON = "comparison"
    WORD_ORDER = "word_order"
    WORD_CHOICE = "word_choice"
    MISSING_WORD = "missing_word"
    EXTRA_WORD = "extra_word"
    OTHER = "other"


class Finder(StrEnum):
    """What found an error: a language model or grammar rules."""

    LLM = "llm"
    RULES = "rules"


class SpokenError(Schema):
    """A grammar error."""

    quote: str
    """The speaker's words, exactly as they are in the transcript."""
    correction: str
    explanation: str
    start_ms: int
    """Times of the quote, in milliseconds from the session's first sample."""
    end_ms: int
    uncertain: bool
    """Whether it depends on a word recognised with a low probability; if so, it is not counted."""
    type: ErrorType = ErrorType.OTHER
    sure: bool = False
    """Whether grammar rules and a language model found it independently of each other."""
    found_by: tuple[Finder, ...] = ()


class Problem(StrEnum):
    """What can be wrong with the transcript of an answer."""

    NO_SPEECH = "no_speech"
    TOO_SHORT = "too_short"
    UNSURE_WORDS = "unsure_words"
    WRONG_LANGUAGE = "wrong_language"
    """A suspicion: it does not read like English."""


class Quality(Schema):
    """How well an answer was recognised."""

    level: Literal["good", "poor", "unusable"]
    """An unusable answer is not judged."""
    unsure_share: float
    """Share of words recognised with a low probability, 0 to 1."""
    problems: tuple[Problem, ...] = ()
    advice: str = ""
    """What the speaker can do about the problems."""


class AnswerReport(Schema):
    """The part of the report about one answer, or about a question that was not answered."""

    question: int | None
    question_text: str | None
    transcript: str
    verdict: Verdict
    reason: str
    errors: tuple[SpokenError, ...]
    improved: str | None = None
    """The answer in better English, with the speaker's meaning; null if nothing could be improved."""
    quality: Quality | None = None


class Measures(Schema):
    """Fluency measures. They are computed from the words and their times, never by a language model."""

    words: int
    words_per_minute: float
    pauses: int
    """Silences between words of at least half a second."""
    pause_ms: int
    """Total length of the pauses."""
    fillers: int
    lexical_diversity: float | None
    """Moving-average type-token ratio, 0 to 1; null if there are too few words."""
    repetitions: int = 0
    """Words repeated in a row. Not an error."""
    false_starts: int = 0
    """Sentences broken off and started again. Not an error."""


class LessonExample(Schema):
    wrong: str
    right: str


class Lesson(Schema):
    """A lesson of the curriculum. `text` and `exercise` are plain sentences."""

    id: str
    title: str
    text: str
    examples: tuple[LessonExample, ...] = ()
    exercise: str = ""


class Suggestion(Schema):
    """What to practise next, and why."""

    title: str
    reason: str
    lesson: Lesson | None = None


class Provenance(Schema):
    """How the report was made."""

    prompts: tuple[str, ...] = ()
    """Names of the prompt files."""
    rules: str | None = None
    """Name and version of the grammar checker."""
    calls: int = 0
    """Calls of the language model; tokens and milliseconds are sums over them."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model_ms: int = 0


class Report(Schema):
    """The report on a finished session."""

    version: Literal[1, 2] = 2
    engine: Literal["llm", "rules"]
    """`llm`: a language model and grammar rules; `rules`: grammar rules alone."""
    model: str
    """Name of the language model, or of the grammar checker where no language model was used."""
    summary: str
    answers: tuple[AnswerReport, ...]
    measures: Measures
    practise: tuple[Suggestion, ...]
    limits: tuple[str, ...]
    """What the reader should know of the report's limits, in sentences."""
    usable: bool = True
    """False if too little could be understood to judge anything."""
    provenance: Provenance | None = None


class ReportReady(SessionEvent):
    """A session's report, or the fact that none could be made: either `report` or `error` is set. The first one per
    session and `analysis_version` counts, for every reader."""

    type: Literal["report_ready"] = "report_ready"
    version: Literal[1, 2] = 2
    analysis_version: int
    report: Report | None
    error: str | None
