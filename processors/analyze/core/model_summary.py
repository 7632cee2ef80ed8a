"""The whole session: what a language model is shown to sum it up, what it must say, and what is made of that.

It is shown what was found and measured, not what was said, but for the quoted words of verified errors: so an answer
cannot speak to this call."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from processors.analyze.core import remarks
from processors.analyze.core.curriculum import Curriculum, Habit
from processors.analyze.core.model_text import Asked
from processors.analyze.core.words import clip
from schemas.reports import AnswerReport, ErrorType, Measures, Suggestion, Verdict

MAX_SUGGESTIONS = 3
MAX_ERRORS_SHOWN = 12
MAX_QUOTE_CHARS = 80
_UNJUDGED = (Verdict.NOT_JUDGED, Verdict.NOT_UNDERSTOOD)


class Practice(Asked):
    lesson: str
    reason: str


class SessionSummary(Asked):
    """The schema that the output of the last call is constrained to."""

    summary: str
    practise: list[Practice]


def summary_document(answers: Sequence[AnswerReport], measures: Measures, lessons: Curriculum) -> dict[str, Any]:
    counting = [error for answer in answers for error in answer.errors if not error.uncertain]
    return {
        "verdicts": [
            {"question": answer.question, "verdict": answer.verdict.value}
            for answer in answers
            if answer.question is not None
        ],
        "errors_by_type": dict(Counter(error.type.value for error in counting).most_common()),
        "errors": [
            {
                "quote": clip(error.quote, MAX_QUOTE_CHARS),
                "correction": clip(error.correction, MAX_QUOTE_CHARS),
                "type": error.type.value,
            }
            for error in counting[:MAX_ERRORS_SHOWN]
        ],
        "measures": measures.model_dump(mode="json"),
        "lessons": sorted(possible_lessons(answers, lessons)),
    }


def possible_lessons(answers: Sequence[AnswerReport], lessons: Curriculum) -> set[str]:
    """A lesson on a type of error is offered only if such an error was found; habits always may be practised."""
    types = {error.type.value for answer in answers for error in answer.errors if not error.uncertain}
    habits = {habit.value for habit in Habit} - {Habit.MICROPHONE}
    if all(answer.verdict in _UNJUDGED for answer in answers):
        habits -= {Habit.ANSWERING}
    return {name for name in lessons if name in types | habits and name != ErrorType.OTHER}


def summary_of(said: SessionSummary) -> str:
    return remarks.sentences(said.summary, remarks.MAX_SUMMARY_SENTENCES, remarks.MAX_SUMMARY_CHARS)


def suggestions_of(
    said: SessionSummary, answers: Sequence[AnswerReport], lessons: Curriculum
) -> tuple[Suggestion, ...]:
    """Those that name a lesson that was offered; the lesson's own title stands above the model's reason."""
    possible = possible_lessons(answers, lessons)
    chosen = {entry.lesson: entry for entry in reversed(said.practise) if entry.lesson in possible}
    found = [
        Suggestion(title=lessons[entry.lesson].title, reason=reason, lesson=lessons[entry.lesson])
        for entry in reversed(chosen.values())
        if (reason := remarks.sentences(entry.reason, 1, remarks.MAX_REASON_CHARS))
    ]
    return tuple(found[:MAX_SUGGESTIONS])
