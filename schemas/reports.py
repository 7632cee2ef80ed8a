"""The report a speaker gets, on `reports`. Version 2 added what has a default here; reports of version 1 parse."""

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
    """It could not be made out."""
    NOT_JUDGED = "not_judged"
    """Nobody was there who could tell."""


class ErrorType(StrEnum):
    """Types of errors, as a learner would name them. The set is closed."""

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
    """Who can find an error."""

    LLM = "llm"
    RULES = "rules"


class SpokenError(Schema):
    """A grammar error. `quote` stands in the answer word for word, from `start_ms` to `end_ms` of the session.
    `uncertain`: it rests on words the recogniser was not sure of, and is not counted. `sure`: the rules and a model
    found it independently of each other."""

    quote: str
    correction: str
    explanation: str
    start_ms: int
    end_ms: int
    uncertain: bool
    type: ErrorType = ErrorType.OTHER
    sure: bool = False
    found_by: tuple[Finder, ...] = ()


class Problem(StrEnum):
    """What can be wrong with the transcript of an answer."""

    NO_SPEECH = "no_speech"
    TOO_SHORT = "too_short"
    UNSURE_WORDS = "unsure_words"
    WRONG_LANGUAGE = "wrong_language"
    """Suspected: it does not read like English."""


class Quality(Schema):
    """How well an answer was heard. `unsure_share`: words under the probability floor, 0 to 1. An `unusable` answer is
    not judged; `advice` says what to do about it."""

    level: Literal["good", "poor", "unusable"]
    unsure_share: float
    problems: tuple[Problem, ...] = ()
    advice: str = ""


class AnswerReport(Schema):
    """What there is to say about one answer, or about a question that got none. `improved`: the answer in better
    English, with the speaker's meaning; null where there was nothing to improve or nobody to do it."""

    question: int | None
    question_text: str | None
    transcript: str
    verdict: Verdict
    reason: str
    errors: tuple[SpokenError, ...]
    improved: str | None = None
    quality: Quality | None = None


class Measures(Schema):
    """Computed from word times, never asked of a model. A pause is a silence between words of at least half a second;
    `repetitions` are words said twice in a row, `false_starts` sentences begun anew; neither is an error.
    `lexical_diversity` is the moving-average type-token ratio, 0 to 1, or null for too few words."""

    words: int
    words_per_minute: float
    pauses: int
    pause_ms: int
    fillers: int
    lexical_diversity: float | None
    repetitions: int = 0
    false_starts: int = 0


class LessonExample(Schema):
    wrong: str
    right: str


class Lesson(Schema):
    """A page of the curriculum. `text` and `exercise` are plain sentences."""

    id: str
    title: str
    text: str
    examples: tuple[LessonExample, ...] = ()
    exercise: str = ""


class Suggestion(Schema):
    """Something to practise next, why, and what to study for it."""

    title: str
    reason: str
    lesson: Lesson | None = None


class Provenance(Schema):
    """How the report came about. `prompts`: names of the prompt files; `rules`: name and version of the grammar
    checker; `calls`, tokens and milliseconds are the language model's, summed over its calls."""

    prompts: tuple[str, ...] = ()
    rules: str | None = None
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model_ms: int = 0


class Report(Schema):
    """A finished session, judged. `engine` says by whom: a language model (with rules beside it) or rules alone.
    `usable` is false where too little could be understood, so that nothing was judged."""

    version: Literal[1, 2] = 2
    engine: Literal["llm", "rules"]
    model: str
    summary: str
    answers: tuple[AnswerReport, ...]
    measures: Measures
    practise: tuple[Suggestion, ...]
    limits: tuple[str, ...]
    usable: bool = True
    provenance: Provenance | None = None


class ReportReady(SessionEvent):
    """The first one per session and `analysis_version` wins everywhere. Either `report` or `error` is set."""

    type: Literal["report_ready"] = "report_ready"
    version: Literal[1, 2] = 2
    analysis_version: int
    report: Report | None
    error: str | None
