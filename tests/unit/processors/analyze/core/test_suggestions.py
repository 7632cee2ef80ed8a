"""What to practise next."""

import pytest

from processors.analyze.adapters.curriculum import read_curriculum
from processors.analyze.core.curriculum import LESSON_IDS, Habit
from processors.analyze.core.suggestions import MAX_SUGGESTIONS_BY_RULES, suggest
from schemas.reports import ErrorType, Measures

LESSONS = read_curriculum()

EVEN = Measures(words=200, words_per_minute=120.0, pauses=2, pause_ms=1500, fillers=1, lexical_diversity=0.8)


def titles(measures: Measures = EVEN, types: tuple[ErrorType, ...] = (), answers: int = 5) -> list[str]:
    return [suggestion.title for suggestion in suggest(types, measures, answers, LESSONS)]


def test_the_commonest_type_comes_first_and_is_counted() -> None:
    types = (ErrorType.ARTICLE, ErrorType.TENSE, ErrorType.TENSE)
    first, second = suggest(types, EVEN, 5, LESSONS)
    assert (first.title, first.reason) == ("The tense of a story", "You made 2 errors of this type.")
    assert second.title == "Articles: a, an, the"


@pytest.mark.parametrize("kind", list(ErrorType))
def test_every_type_can_be_practised_and_studied(kind: ErrorType) -> None:
    [suggestion] = suggest([kind], EVEN, 5, LESSONS)
    assert suggestion.lesson is not None
    assert suggestion.lesson.id == kind.value
    assert suggestion.title == suggestion.lesson.title


def test_the_curriculum_has_a_lesson_for_every_error_type_and_habit() -> None:
    assert set(LESSONS) == set(LESSON_IDS) == {*(kind.value for kind in ErrorType), *(habit.value for habit in Habit)}


def test_without_a_curriculum_there_still_is_a_title() -> None:
    [suggestion] = suggest([ErrorType.WORD_ORDER], EVEN, 5, {})
    assert (suggestion.title, suggestion.lesson) == ("Word order", None)


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"words_per_minute": 60.0}, "A livelier pace"),
        ({"words_per_minute": 230.0}, "A calmer pace"),
        ({"fillers": 20}, "Silence in place of um"),
        ({"repetitions": 9, "false_starts": 5}, "Beginning once"),
        ({"pause_ms": 60_000}, "Speaking in longer runs"),
        ({"lexical_diversity": 0.4}, "New words for old ones"),
    ],
)
def test_measures_that_stand_out(change: dict[str, float], title: str) -> None:
    assert titles(EVEN.model_copy(update=change)) == [title]


def test_short_answers() -> None:
    assert titles(answers=20) == ["Longer answers"]


def test_too_few_words_give_no_advice_on_pace() -> None:
    few = EVEN.model_copy(update={"words": 20, "words_per_minute": 20.0, "fillers": 20, "pause_ms": 60_000})
    assert titles(few, answers=1) == ["A harder topic"]


def test_there_is_at_least_one_suggestion_and_at_most_four() -> None:
    assert len(titles()) == 1
    everything = EVEN.model_copy(update={"words_per_minute": 60.0, "fillers": 50, "pause_ms": 90_000})
    assert len(titles(everything, tuple(ErrorType), answers=100)) == MAX_SUGGESTIONS_BY_RULES
