"""Validation of a model's questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.questions.core.validation import MAX_CHARS, valid_questions

GOOD = "What do you like about your town?"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "Why?",
        "Tell me about your town.",
        "What do you like? And why do you like it?",
        "?What do you like about your town?",
        "What do you think of https://example.org?",
        "What is your e-mail, me@example.org?",
        "What does <b>bold</b> mean to you?",
        'What is {"questions": 1} to you?',
        "What do you \x07 like about your town?",
        f"What {'very ' * 40}thing?",
    ],
)
def test_a_text_that_is_not_one_plain_question_is_dropped(text: str) -> None:
    assert valid_questions([text], 10) == ()


@pytest.mark.parametrize("text", [f"1. {GOOD}", f"12) {GOOD}", f"- {GOOD}", f"  {GOOD} ", GOOD.replace(" ", "\n", 1)])
def test_list_numbers_and_repeated_spaces_are_removed(text: str) -> None:
    assert valid_questions([text], 10) == (GOOD,)


def test_duplicates_are_dropped() -> None:
    assert valid_questions([GOOD, GOOD.lower(), GOOD.replace("your", "your,")], 10) == (GOOD,)


@given(st.lists(st.text(max_size=200)), st.integers(0, 20))
def test_only_valid_questions_pass(texts: list[str], count: int) -> None:
    kept = valid_questions(texts, count)
    assert len(kept) <= count
    assert all(text.endswith("?") and len(text) <= MAX_CHARS and "\n" not in text for text in kept)
