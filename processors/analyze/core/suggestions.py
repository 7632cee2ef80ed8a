"""What to practise next, by rules: from the errors found and the measures, each with its lesson."""

from collections import Counter
from collections.abc import Iterable

from processors.analyze.core.curriculum import Curriculum, Habit
from schemas.reports import ErrorType, Measures, Suggestion

MAX_SUGGESTIONS_BY_RULES = 4
_FEW_WORDS = 30
"""With fewer words, pace and pauses are not meaningful."""
_SLOW_WPM = 90.0
_FAST_WPM = 190.0
_PAUSE_SHARE = 0.35
_FILLERS_PER_100 = 5.0
_REPEATS_PER_100 = 5.0
_LOW_DIVERSITY = 0.6
_WORDS_PER_ANSWER = 15


def suggest(
    types: Iterable[ErrorType], measures: Measures, answers: int, curriculum: Curriculum
) -> tuple[Suggestion, ...]:
    """The most frequent error types first, then the habits that the measures show; at least one suggestion.

    `types`: one entry for each error that counts. `answers`: the number of answers given."""
    found = [
        suggestion_for(curriculum, kind, f"You made {'one error' if count == 1 else f'{count} errors'} of this type.")
        for kind, count in Counter(types).most_common(MAX_SUGGESTIONS_BY_RULES - 1)
    ]
    found += [suggestion_for(curriculum, habit, reason) for habit, reason in _habits(measures, answers)]
    return tuple(found[:MAX_SUGGESTIONS_BY_RULES]) or (
        suggestion_for(curriculum, Habit.NEXT_STEP, "Nothing stood out this time: try a harder topic."),
    )


def suggestion_for(curriculum: Curriculum, topic: ErrorType | Habit, reason: str) -> Suggestion:
    lesson = curriculum.get(topic.value)
    title = lesson.title if lesson else topic.value.replace("_", " ").capitalize()
    return Suggestion(title=title, reason=reason, lesson=lesson)


def _habits(measures: Measures, answers: int) -> list[tuple[Habit, str]]:
    words, pace = measures.words, measures.words_per_minute
    found = []
    if answers and words / answers < _WORDS_PER_ANSWER:
        found.append(
            (Habit.LONGER_ANSWERS, f"You said {words / answers:.0f} words per answer: add a reason or an example.")
        )
    if words < _FEW_WORDS:
        return found
    speaking_ms = words / pace * 60_000 if pace else 0
    if measures.fillers * 100 / words > _FILLERS_PER_100:
        found.append((Habit.FILLERS, f"You used {measures.fillers} filler words: pause instead."))
    if (measures.repetitions + measures.false_starts) * 100 / words > _REPEATS_PER_100:
        restarts = measures.repetitions + measures.false_starts
        found.append((Habit.REPETITIONS, f"You repeated words or started again {restarts} times: plan, then speak."))
    if speaking_ms and measures.pause_ms / speaking_ms > _PAUSE_SHARE:
        found.append((Habit.PAUSES, f"Your pauses took {measures.pause_ms / 1000:.0f} s: plan a sentence ahead."))
    if 0 < pace < _SLOW_WPM:
        found.append((Habit.SLOW_PACE, f"You spoke {pace:.0f} words a minute: repeat an easy answer faster."))
    if pace > _FAST_WPM:
        found.append((Habit.FAST_PACE, f"You spoke {pace:.0f} words a minute: pause between sentences."))
    if measures.lexical_diversity is not None and measures.lexical_diversity < _LOW_DIVERSITY:
        found.append((Habit.VARIETY, "You often used the same words: look for other ones."))
    return found
