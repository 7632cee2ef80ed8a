"""The question bank, and draws from it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.questions.core.bank import QuestionBank, draw, fingerprint, parse_bank
from processors.questions.core.validation import valid_questions

BANK = parse_bank(Path("processors/questions/bank.toml").read_text())
ALL = [text for theme in BANK.themes for text in theme.questions]
THEMES = {theme.name: set(theme.questions) for theme in BANK.themes}


def test_the_bank_is_large_varied_and_without_duplicates() -> None:
    assert len(BANK) == len(ALL) >= 120
    assert len(BANK.themes) >= 10
    assert len({fingerprint(text) for text in ALL}) == len(ALL)


def test_the_banks_questions_are_valid() -> None:
    assert valid_questions(ALL, len(ALL)) == tuple(ALL)


def test_keywords_are_single_lower_case_words() -> None:
    for theme in BANK.themes:
        assert theme.keywords
        assert all(word.isascii() and word.isalpha() and word.islower() for word in theme.keywords), theme.name


@given(st.text(max_size=40), st.integers(0, 20), st.none() | st.text(max_size=80))
def test_draw_is_exact_in_number_without_repeats_and_always_the_same(
    session: str, count: int, topic: str | None
) -> None:
    drawn = draw(BANK, session, count, topic)
    assert len(drawn) == len(set(drawn)) == count
    assert set(drawn) <= set(ALL)
    assert drawn == draw(BANK, session, count, topic)


def test_sessions_draw_differently() -> None:
    assert len({draw(BANK, f"session-{number}", 10, None) for number in range(50)}) == 50


def test_without_a_topic_questions_come_from_different_themes() -> None:
    drawn = draw(BANK, "session", 10, None)
    assert len({name for name, questions in THEMES.items() for text in drawn if text in questions}) == 10


@pytest.mark.parametrize(
    ("topic", "theme"),
    [
        ("travel", "travel"),
        ("My HOLIDAYS in Spain", "travel"),
        ("countries", "travel"),
        ("classes", "school"),
        ("dogs and cats", "nature and weather"),
        ("job interview", "work"),
    ],
)
def test_a_topics_theme_comes_first(topic: str, theme: str) -> None:
    assert set(draw(BANK, "session", 9, topic)) <= THEMES[theme]


def test_a_theme_with_too_few_questions_is_filled_up_from_the_others() -> None:
    drawn = draw(BANK, "session", 20, "travel")
    assert THEMES["travel"] <= set(drawn)


def test_an_unknown_topic_changes_nothing() -> None:
    assert draw(BANK, "session", 10, "quantum chromodynamics") == draw(BANK, "session", 10, None)


def test_questions_that_are_excluded_are_not_drawn() -> None:
    first = draw(BANK, "session", 10, "food")
    asked = [text.upper() for text in first]
    assert not set(first) & set(draw(BANK, "session", 20, "food", without=asked))


def test_an_empty_bank_gives_nothing() -> None:
    assert draw(QuestionBank(()), "session", 10, None) == ()
