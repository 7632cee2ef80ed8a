"""The edit between a quote and its correction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.edits import Edit, edit_between

_WORDS = st.lists(st.sampled_from(["she", "go", "goes", "to", "the", "school"]), max_size=6)


@pytest.mark.parametrize(
    ("quote", "correction", "words", "gaps"),
    [
        ("she go home", "she goes home", {1}, set()),
        ("she goes to to school", "she goes to school", {3}, set()),
        ("she goes school", "she goes to school", set(), {2}),
        ("go", "she go", set(), {0}),
        ("she go", "she go home", set(), {2}),
        ("she goes", "she goes", set(), set()),
        ("", "she", set(), {0}),
    ],
)
def test_an_edit_names_the_words_it_changes_and_the_gaps_it_fills(
    quote: str, correction: str, words: set[int], gaps: set[int]
) -> None:
    edit = edit_between(quote.split(), correction.split())
    assert (edit.words, edit.gaps) == (frozenset(words), frozenset(gaps))


@given(_WORDS, _WORDS)
def test_only_equal_texts_need_no_edit(quote: list[str], correction: list[str]) -> None:
    edit = edit_between(quote, correction)
    assert bool(edit.words or edit.gaps) == (quote != correction)
    assert all(0 <= word < len(quote) for word in edit.words)
    assert all(0 <= gap <= len(quote) for gap in edit.gaps)


def test_edits_overlap_if_they_share_a_word_or_a_gap() -> None:
    replaced, inserted = Edit(frozenset({1}), frozenset()), Edit(frozenset(), frozenset({1}))
    assert not replaced.overlaps(inserted)
    assert replaced.overlaps(Edit(frozenset({1, 2}), frozenset()))
    assert inserted.shifted(2).overlaps(Edit(frozenset(), frozenset({3})))


def test_an_insertion_rests_on_its_neighbours_within_the_answer() -> None:
    assert Edit(frozenset({4}), frozenset({2})).supporting_words(5) == {1, 2, 4}
    assert Edit(frozenset(), frozenset({0})).supporting_words(5) == {0}
    assert Edit(frozenset(), frozenset({5})).supporting_words(5) == {4}
