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
    ],
)
def test_a_word_is_a_token_with_a_letter_or_digit(text: str, words: int) -> None:
    assert count_words(text) == words
