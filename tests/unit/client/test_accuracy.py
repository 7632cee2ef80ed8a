import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.accuracy import Difference, compare, word_error_rate

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "A.", "well-known", "-", "don't"]), max_size=12)


def test_case_and_punctuation_are_no_errors() -> None:
    assert word_error_rate("The cat, sat!", "the cat sat") == 0
    assert compare(["The", "cat,", "don’t"], ["the", "cat", "don't"]).changed == 0


def test_rates_of_several_texts_are_pooled() -> None:
    assert word_error_rate(["one two three", "four"], ["one two three", "five"]) == pytest.approx(1 / 4)


def test_neighbouring_changes_are_one_difference() -> None:
    found = compare(["the", "cat", "sat", "on", "the", "mat"], ["the", "hat", "lay", "on", "a", "mat"])

    assert (found.words, found.substitutions, found.deletions, found.insertions) == (6, 3, 0, 0)
    assert found.differences == (Difference((1, 3), (1, 3)), Difference((4, 5), (4, 5)))
    assert found.rate == pytest.approx(0.5)


def test_words_that_went_and_words_that_came() -> None:
    gone = compare(["they", "swim", "they", "swim", "fast"], ["they", "swim", "fast"])
    new = compare(["so", "it", "is"], ["so", "it", "is", "indeed"])

    assert (gone.deletions, gone.insertions) == (2, 0)
    assert (new.deletions, new.insertions) == (0, 1)
    assert new.differences == (Difference((3, 3), (3, 4)),)


def test_a_hyphen_joins_words_and_a_lone_dash_is_none() -> None:
    assert compare(["well-known", "-", "yes"], ["well", "known", "yes"]).changed == 0
    assert compare(["well-known", "yes"], ["well", "yes"]).differences == (Difference((0, 1), (1, 1)),)


def test_nothing_against_something() -> None:
    assert compare([], []).rate == 0
    assert compare([], ["a", "b"]).rate is None
    assert compare([], ["a", "b"]).insertions == 2
    assert compare(["a", "b"], []).rate == 1
    assert compare(["a", "b"], []).differences == (Difference((0, 2), (0, 0)),)


@given(TEXTS, TEXTS)
def test_outside_the_differences_the_texts_are_the_same(said: list[str], heard: list[str]) -> None:
    found = compare(said, heard)

    assert (found.changed == 0) == (not found.differences)
    before = 0
    for each in found.differences:
        assert before <= each.reference[0] <= each.reference[1] <= len(said)
        assert 0 <= each.hypothesis[0] <= each.hypothesis[1] <= len(heard)
        before = each.reference[0]
    assert compare(said, said).changed == 0
