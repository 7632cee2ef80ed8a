"""Words as they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.words import clip, find, plain, said_words, spoken, token, tokens
from tests.support.analyze.sessions import transcribed, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Football.", "football"), ("don’t", "don't"), ("'quoted'", "quoted"), ("3,5", "35"), ("—", ""), ("...", "")],
)
def test_token(text: str, expected: str) -> None:
    assert token(text) == expected


def test_tokens_have_no_bare_signs() -> None:
    assert tokens("Well - I don't know ...") == ("well", "i", "don't", "know")
    assert [word.text for word in said_words(words("well - i know ..."))] == ["well", "i", "know"]


def test_plain_takes_signs_from_the_ends_alone() -> None:
    assert plain(' "Well, I  know..." ') == "Well, I know"


@given(st.text(), st.integers(2, 50))
def test_clip_is_one_line_of_bounded_length(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert len(clipped) <= limit
    assert clipped == " ".join(clipped.split())


def test_clip_cuts_between_words() -> None:
    assert clip("one two three", 9) == "one two…"
    assert clip("one two", 9) == "one two"


@given(st.lists(st.integers(0, 2), max_size=12), st.lists(st.integers(0, 2), min_size=1, max_size=3))
def test_find_finds_every_place(haystack: list[int], needle: list[int]) -> None:
    places = find(haystack, needle)
    for start in range(len(haystack) + 1):
        assert (haystack[start : start + len(needle)] == needle) == (start in places)


def test_spoken_is_in_the_order_of_time() -> None:
    session = transcribed("a b", "c")
    later_first = session.model_copy(update={"answers": tuple(reversed(session.answers))})
    assert [(question, word.text) for question, word in spoken(later_first)] == [(1, "a"), (1, "b"), (2, "c")]
