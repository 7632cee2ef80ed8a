"""What to practise next."""

import pytest

from processors.analyze.core.judgement import Kind
from processors.analyze.core.suggestions import MOST, suggest
from schemas.reports import Measures

EVEN = Measures(words=200, words_per_minute=120.0, pauses=2, pause_ms=1500, fillers=1, lexical_diversity=0.8)


def titles(measures: Measures = EVEN, kinds: tuple[Kind, ...] = (), answers: int = 5) -> list[str]:
    return [suggestion.title for suggestion in suggest(kinds, measures, answers)]


def test_the_commonest_kind_comes_first_and_is_counted() -> None:
    kinds = (Kind.ARTICLE, Kind.TENSE, Kind.TENSE)
    first, second = suggest(kinds, EVEN, 5)
    assert (first.title, first.reason) == ("The tense of a story", "You made 2 errors of this kind.")
    assert second.title == "Articles: a, an, the"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_be_practised(kind: Kind) -> None:
    assert len(suggest([kind], EVEN, 5)) == 1


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"words_per_minute": 60.0}, "A livelier pace"),
        ({"words_per_minute": 230.0}, "A calmer pace"),
        ({"fillers": 20}, "Silence in place of um"),
        ({"pause_ms": 60_000}, "Speaking in longer runs"),
        ({"lexical_diversity": 0.4}, "New words for old ones"),
    ],
)
def test_measures_that_stand_out(change: dict[str, float], title: str) -> None:
    assert titles(EVEN.model_copy(update=change)) == [title]


def test_short_answers() -> None:
    assert titles(answers=20) == ["Longer answers"]


def test_too_few_words_say_nothing_of_pace() -> None:
    few = EVEN.model_copy(update={"words": 20, "words_per_minute": 20.0, "fillers": 20, "pause_ms": 60_000})
    assert titles(few, answers=1) == ["A harder topic"]


def test_never_none_and_never_many() -> None:
    assert len(titles()) == 1
    everything = EVEN.model_copy(update={"words_per_minute": 60.0, "fillers": 50, "pause_ms": 90_000})
    assert len(titles(everything, tuple(Kind), answers=100)) == MOST
