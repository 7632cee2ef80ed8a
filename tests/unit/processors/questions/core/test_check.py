"""What may be asked, of what a model wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.questions.core.check import MAX_CHARS, usable

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
def test_what_is_not_one_plain_question_is_left_out(text: str) -> None:
    assert usable([text], 10) == ()


@pytest.mark.parametrize("text", [f"1. {GOOD}", f"12) {GOOD}", f"- {GOOD}", f"  {GOOD} ", GOOD.replace(" ", "\n", 1)])
def test_lists_and_spaces_are_cleaned(text: str) -> None:
    assert usable([text], 10) == (GOOD,)


def test_repeats_count_once() -> None:
    assert usable([GOOD, GOOD.lower(), GOOD.replace("your", "your,")], 10) == (GOOD,)


@given(st.lists(st.text(max_size=200)), st.integers(0, 20))
def test_nothing_unfit_ever_passes(texts: list[str], count: int) -> None:
    kept = usable(texts, count)
    assert len(kept) <= count
    assert all(text.endswith("?") and len(text) <= MAX_CHARS and "\n" not in text for text in kept)
