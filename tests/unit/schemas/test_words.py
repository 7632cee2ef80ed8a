import pytest

from schemas.words import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("my sister goes to school.", 5),
        ("well - yes", 2),
        ("I'm twenty-one, ok?", 3),
        ("... 42 !", 1),
        ("  doubled\n  spaces\t", 2),
        ("my mother-in-law wears a T-shirt", 5),
        ("95% of 50,000 people", 4),
        ("at 6.30, or 7:45 a.m.", 5),
        ("in the U.S. for $25.50", 5),
        ("don't, and well-known", 3),
        ("yes—no, I mean 12/05", 5),
    ],
)
def test_a_word_is_a_token_with_a_letter_or_digit(text: str, words: int) -> None:
    assert count_words(text) == words
