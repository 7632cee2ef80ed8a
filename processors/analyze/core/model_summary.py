"""Summarising a session: the language model's input, the schema of its output, and what the output becomes.

The input holds what was found and measured. Of what was said it holds only the quotes of verified errors, so that an
answer cannot inject instructions into this call."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from processors.analyze.core.curriculum import Curriculum, Habit
from processors.analyze.core.model_output import (
    MAX_REASON_CHARS,
    MAX_SUMMARY_CHARS,
    MAX_SUMMARY_SENTENCES,
    ModelOutput,
    clean_sentences,
)
from processors.analyze.core.words import truncate
from schemas.reports import AnswerReport, ErrorType, Measures, Suggestion, Verdict

MAX_SUGGESTIONS = 3
MAX_ERRORS_SHOWN = 12
MAX_QUOTE_CHARS = 80
_NOT_ASSESSED = (Verdict.NOT_JUDGED, Verdict.NOT_UNDERSTOOD)


class PracticeOutput(ModelOutput):
    lesson: str
    reason: str


class SummaryOutput(ModelOutput):
    """The schema of the output for the session."""

    summary: str
    practise: list[PracticeOutput]


def summary_input(answers: Sequence[AnswerReport], measures: Measures, curriculum: Curriculum) -> dict[str, Any]:
    counted = [error for answer in answers for error in answer.errors if not error.uncertain]
    return {
        "verdicts": [
            {"question": answer.question, "verdict": answer.verdict.value}
            for answer in answers
            if answer.question is not None
        ],
        "errors_by_type": dict(Counter(error.type.value for error in counted).most_common()),
        "errors": [
            {
                "quote": truncate(error.quote, MAX_QUOTE_CHARS),
                "correction": truncate(error.correction, MAX_QUOTE_CHARS),
                "type": error.type.value,
            }
            for error in counted[:MAX_ERRORS_SHOWN]
        ],
        "measures": measures.model_dump(mode="json"),
        "lessons": sorted(offered_lessons(answers, curriculum)),
    }


def offered_lessons(answers: Sequence[AnswerReport], curriculum: Curriculum) -> set[str]:
    """The lessons that the model may suggest: those on error types that were found, and those on habits."""
    types = {error.type.value for answer in answers for error in answer.errors if not error.uncertain}
    habits = {habit.value for habit in Habit} - {Habit.MICROPHONE}
    if all(answer.verdict in _NOT_ASSESSED for answer in answers):
        habits -= {Habit.ANSWERING}
    return {name for name in curriculum if name in types | habits and name != ErrorType.OTHER}


def summary_text(output: SummaryOutput) -> str:
    return clean_sentences(output.summary, MAX_SUMMARY_SENTENCES, MAX_SUMMARY_CHARS)


def suggestions_from(
    output: SummaryOutput, answers: Sequence[AnswerReport], curriculum: Curriculum
) -> tuple[Suggestion, ...]:
    """The suggestions that name an offered lesson, with the lesson's own title and the model's reason."""
    offered = offered_lessons(answers, curriculum)
    chosen: dict[str, PracticeOutput] = {}
    for entry in output.practise:
        if entry.lesson in offered:
            chosen.setdefault(entry.lesson, entry)
    suggestions = [
        Suggestion(title=curriculum[entry.lesson].title, reason=reason, lesson=curriculum[entry.lesson])
        for entry in chosen.values()
        if (reason := clean_sentences(entry.reason, 1, MAX_REASON_CHARS))
    ]
    return tuple(suggestions[:MAX_SUGGESTIONS])
