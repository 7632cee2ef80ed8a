"""Disfluencies are removed and counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.disfluency import remove_disfluencies
from tests.support.analyze.sessions import words


@pytest.mark.parametrize(
    ("said", "fluent", "counts"),
    [
        ("she go home", "she go home", (0, 0, 0)),
        ("um, she uh go home", "she go home", (2, 0, 0)),
        ("she she go to to school", "she go to school", (0, 2, 0)),
        ("i go i go to school", "i go to school", (0, 1, 0)),
        ("the um the the dog", "the dog", (1, 2, 0)),
        ("i was in the in the garden", "i was in the garden", (0, 1, 0)),
        ("it is very very good", "it is very very good", (0, 0, 0)),
        ("no, no, i know that that is so", "no, no, i know that that is so", (0, 0, 0)),
        ("i like it. it is good", "i like it. it is good", (0, 0, 0)),
        ("we go. we go home", "we go. we go home", (0, 0, 0)),
        ("i wen- went home", "i went home", (0, 0, 1)),
        ("she go she goes home", "she goes home", (0, 0, 1)),
        ("he was he is my friend", "he is my friend", (0, 0, 1)),
        ("i know i can do it", "i know i can do it", (0, 0, 0)),
        ("i think i like it", "i think i like it", (0, 0, 0)),
        ("i went to london i mean to paris", "i went to paris", (0, 0, 1)),
        ("she have sorry she has a dog", "she has a dog", (0, 0, 1)),
        ("i am sorry but i am late", "i am sorry but i am late", (0, 0, 0)),
        ("he knows what i mean", "he knows what i mean", (0, 0, 0)),
        ("i go home um. then i sleep", "i go home. then i sleep", (1, 0, 0)),
        ("well - she ... go", "well she go", (0, 0, 0)),
        ("um", "", (1, 0, 0)),
        ("", "", (0, 0, 0)),
    ],
)
def test_disfluencies_are_removed_and_counted(said: str, fluent: str, counts: tuple[int, int, int]) -> None:
    made = remove_disfluencies(words(said))
    assert made.text == fluent
    assert (made.fillers, made.repetitions, made.false_starts) == counts


@given(
    st.lists(
        st.sampled_from(["i", "she", "go", "goes", "um", "the", "the.", "home-", "very", "mean", "sorry", "to"]),
        max_size=14,
    )
)
def test_the_remaining_words_keep_their_order(said: list[str]) -> None:
    spoken = words(" ".join(said))
    made = remove_disfluencies(spoken)
    assert list(made.positions) == sorted(set(made.positions))
    for word, position in zip(made.words, made.positions, strict=True):
        assert (word.start_ms, word.probability) == (spoken[position].start_ms, spoken[position].probability)
        assert word.text.strip(".,") == spoken[position].text.strip(".,")
    removed = len([word for word in spoken if any(char.isalnum() for char in word.text)]) - len(made.words)
    assert removed >= made.fillers + made.repetitions
