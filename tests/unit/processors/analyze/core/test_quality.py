"""How well an answer was recognised."""

import pytest

from processors.analyze.core.quality import quality_of
from schemas.reports import Problem
from tests.support.analyze.sessions import words

MIN_PROBABILITY = 0.5
POLISH = (
    "mieszkam w warszawie razem z rodzicami oraz siostrą którzy pracują w szkole codziennie "
    "kiedy mam wolny czas chodzę nad rzekę albo czytam książki"
)
NONSENSE = "vlado barko rissen temola quant beruda solen marik tolva hesta " * 2
FOOD = "bread, cheese, milk, coffee, tea, rice, pasta, pizza, soup, salad, fish, chicken, eggs."


@pytest.mark.parametrize(
    ("text", "unsure", "level", "problems"),
    [
        ("i live in a small town.", (), "good", ()),
        ("i live in a small town.", ("live", "small"), "poor", (Problem.UNSURE_WORDS,)),
        ("i live in a small town.", ("i", "live", "a", "town."), "unusable", (Problem.UNSURE_WORDS,)),
        ("yes.", (), "poor", (Problem.TOO_SHORT,)),
        ("", (), "unusable", (Problem.NO_SPEECH,)),
        ("- ...", (), "unusable", (Problem.NO_SPEECH,)),
        (POLISH, (), "unusable", (Problem.WRONG_LANGUAGE,)),
        (NONSENSE, (), "unusable", (Problem.WRONG_LANGUAGE,)),
        ("привет меня зовут анна", (), "unusable", (Problem.WRONG_LANGUAGE,)),
        (FOOD, (), "good", ()),
        ("zosia likes pierogi", (), "good", ()),
    ],
)
def test_the_level_follows_from_the_problems(
    text: str, unsure: tuple[str, ...], level: str, problems: tuple[Problem, ...]
) -> None:
    quality = quality_of(words(text, unsure=unsure), MIN_PROBABILITY)
    assert (quality.level, quality.problems) == (level, problems)
    assert bool(quality.advice) is bool(problems)


def test_the_share_of_unsure_words_is_reported() -> None:
    assert quality_of(words("i live in town", unsure=["town"]), MIN_PROBABILITY).unsure_share == 0.25
    assert "microphone" in quality_of(words("i am here", unsure=["i", "am"]), MIN_PROBABILITY).advice
