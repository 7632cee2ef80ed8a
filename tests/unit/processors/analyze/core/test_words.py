"""Words in the form in which they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.words import (
    find_all,
    strip_punctuation,
    token,
    tokens,
    truncate,
    without_punctuation,
    words_in_order,
)
from tests.support.analyze.sessions import transcribed, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Football.", "football"), ("don’t", "don't"), ("'quoted'", "quoted"), ("3,5", "35"), ("—", ""), ("...", "")],
)
def test_token(text: str, expected: str) -> None:
    assert token(text) == expected


def test_tokens_omit_bare_punctuation() -> None:
    assert tokens("Well - I don't know ...") == ("well", "i", "don't", "know")
    assert [word.text for word in without_punctuation(words("well - i know ..."))] == ["well", "i", "know"]


def test_strip_punctuation_keeps_punctuation_inside() -> None:
    assert strip_punctuation(' "Well, I  know..." ') == "Well, I know"


@given(st.text(), st.integers(2, 50))
def test_truncate_gives_one_line_of_bounded_length(text: str, limit: int) -> None:
    truncated = truncate(text, limit)
    assert len(truncated) <= limit
    assert truncated == " ".join(truncated.split())


def test_truncate_cuts_between_words() -> None:
    assert truncate("one two three", 9) == "one two…"
    assert truncate("one two", 9) == "one two"


@given(st.lists(st.integers(0, 2), max_size=12), st.lists(st.integers(0, 2), min_size=1, max_size=3))
def test_find_all_finds_every_index(haystack: list[int], needle: list[int]) -> None:
    places = find_all(haystack, needle)
    for start in range(len(haystack) + 1):
        assert (haystack[start : start + len(needle)] == needle) == (start in places)


def test_words_are_in_the_order_of_time() -> None:
    session = transcribed("a b", "c")
    later_first = session.model_copy(update={"answers": tuple(reversed(session.answers))})
    assert [(question, word.text) for question, word in words_in_order(later_first)] == [(1, "a"), (1, "b"), (2, "c")]
