"""A claim is an error only if what it quotes was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.judgement import Claim, Kind
from processors.analyze.core.verify import changed, verify
from processors.analyze.core.words import find, tokens
from tests.support.sessions import words

FLOOR = 0.5
SAID = words("Yesterday she go to school. She go home, and she is happy.")


def claim(quote: str, correction: str, first_word: int | None = None) -> Claim:
    return Claim(quote, correction, "Because it is so.", Kind.TENSE, first_word)


def test_a_quote_that_was_said_is_an_error_with_its_times_and_the_answers_own_words() -> None:
    verified = verify(SAID, [claim("YESTERDAY she, go", "yesterday she went")], FLOOR)
    [error] = verified.errors
    assert error.quote == "Yesterday she go"
    assert error.correction == "yesterday she went"
    assert (error.start_ms, error.end_ms) == (SAID[0].start_ms, SAID[2].end_ms)
    assert not error.uncertain
    assert (verified.kinds, verified.misquoted) == ((Kind.TENSE,), 0)


@pytest.mark.parametrize("quote", ["she goes to school", "school yesterday", "he go", "she go school", "", "..."])
def test_a_quote_that_was_not_said_is_dropped(quote: str) -> None:
    verified = verify(SAID, [claim(quote, "something else")], FLOOR)
    assert (verified.errors, verified.misquoted) == ((), 1)


@pytest.mark.parametrize("correction", ["she go home", "She go home!", "SHE, GO - HOME"])
def test_a_correction_that_changes_no_word_is_no_error(correction: str) -> None:
    verified = verify(SAID, [claim("She go home", correction)], FLOOR)
    assert (verified.errors, verified.misquoted) == ((), 0)


def test_an_endless_correction_is_no_correction() -> None:
    assert verify(SAID, [claim("She go home", "she went " * 100)], FLOOR).errors == ()


def test_words_are_whole() -> None:
    assert verify(words("the category is new"), [claim("cat", "dog")], FLOOR).misquoted == 1


def test_said_twice_claimed_twice_is_two_errors_in_order() -> None:
    verified = verify(SAID, [claim("she go", "she goes"), claim("she go", "she went")], FLOOR)
    assert [(error.start_ms, error.correction) for error in verified.errors] == [
        (SAID[1].start_ms, "she goes"),
        (SAID[5].start_ms, "she went"),
    ]


def test_the_same_place_is_corrected_once() -> None:
    claims = [claim("yesterday she go", "yesterday she went"), claim("go to school", "goes to school")]
    assert [error.correction for error in verify(SAID, claims, FLOOR).errors] == ["yesterday she went"]


def test_overlapping_quotes_with_different_errors_both_count() -> None:
    said = words("he buyed much apples")
    claims = [claim("he buyed much", "he bought much"), claim("buyed much apples", "buyed many apples")]
    assert len(verify(said, claims, FLOOR).errors) == 2


def test_a_judge_that_knows_the_place_is_believed() -> None:
    [error] = verify(SAID, [claim("She go", "She goes", first_word=5)], FLOOR).errors
    assert error.start_ms == SAID[5].start_ms


def test_a_judge_that_names_the_wrong_place_is_put_right() -> None:
    [error] = verify(SAID, [claim("She go", "She goes", first_word=3)], FLOOR).errors
    assert error.start_ms == SAID[1].start_ms


@pytest.mark.parametrize(
    ("unsure", "uncertain"),
    [("go", True), ("she", False), ("school.", False)],
)
def test_only_unsure_words_that_are_corrected_make_an_error_uncertain(unsure: str, uncertain: bool) -> None:
    said = words("yesterday she go to school.", unsure=[unsure])
    [error] = verify(said, [claim("yesterday she go to school", "yesterday she went to school")], FLOOR).errors
    assert error.uncertain is uncertain


@pytest.mark.parametrize(("unsure", "uncertain"), [("eat", True), ("apple", True), ("i", False)])
def test_a_missing_word_rests_on_its_neighbours(unsure: str, uncertain: bool) -> None:
    said = words("i eat apple", unsure=[unsure])
    [error] = verify(said, [claim("i eat apple", "i eat an apple")], FLOOR).errors
    assert error.uncertain is uncertain


def test_bare_signs_between_words_do_not_matter_and_stay_in_the_quote() -> None:
    said = words("well - she go … home .")
    [error] = verify(said, [claim("she go home", "she goes home")], FLOOR).errors
    assert error.quote == "she go … home"
    assert error.end_ms == said[5].end_ms


@pytest.mark.parametrize(
    ("quote", "correction", "expected"),
    [
        ("she go home", "she goes home", (1, 2)),
        ("go", "goes", (0, 1)),
        ("i eat apple", "i eat an apple", (1, 3)),
        ("apple", "an apple", (0, 1)),
        ("told to me", "told me", (1, 2)),
        ("the the cat", "the cat", (1, 2)),
        ("a b", "c d e", (0, 2)),
        ("a b", "", (0, 2)),
    ],
)
def test_changed(quote: str, correction: str, expected: tuple[int, int]) -> None:
    assert changed(quote.split(), correction.split()) == expected


WORDS = st.lists(st.sampled_from(["i", "go", "home.", "-", "the", "Dog,"]), max_size=10).map(" ".join)


@given(WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=5))
def test_every_error_quotes_what_was_said(text: str, pairs: list[tuple[str, str]]) -> None:
    said = words(text)
    verified = verify(said, [claim(quote, correction) for quote, correction in pairs], FLOOR)
    joined = " ".join(word.text for word in said)
    assert len(verified.errors) == len(verified.kinds) <= len(pairs) - verified.misquoted
    for error in verified.errors:
        assert error.quote in joined
        assert find(tokens(joined), tokens(error.quote))
        assert tokens(error.quote) != tokens(error.correction)
        assert error.start_ms < error.end_ms
