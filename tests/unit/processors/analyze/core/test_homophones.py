"""A difference that cannot be heard is not an error."""

import pytest

from processors.analyze.core.homophones import sound_the_same
from processors.analyze.core.words import tokens


@pytest.mark.parametrize(
    ("said", "corrected"),
    [
        ("i'm here", "I am here."),
        ("she doesnt go", "she doesn't go"),
        ("she does not go", "she doesn't go"),
        ("i can't", "i cannot"),
        ("he's gone", "he has gone"),
        ("he's here", "he is here"),
        ("i'd go", "i would go"),
        ("i'm gonna go", "I am going to go"),
        ("ten dogs", "10 dogs"),
        ("a well-known man", "a well known man"),
        ("every day", "everyday"),
        ("my favourite colour", "my favorite color"),
        ("ok", "Okay!"),
    ],
)
def test_spellings_of_the_same_sounds(said: str, corrected: str) -> None:
    assert sound_the_same(tokens(said), tokens(corrected))
    assert sound_the_same(tokens(corrected), tokens(said))


@pytest.mark.parametrize(
    ("said", "corrected"),
    [("i am", "i is"), ("he's", "he was"), ("two dog", "two dogs"), ("she go", "she goes"), ("a", "an"), ("", "a")],
)
def test_words_that_sound_different(said: str, corrected: str) -> None:
    assert not sound_the_same(tokens(said), tokens(corrected))
