"""Words as they are compared."""

import pytest

from processors.transcribe.core.policy.word_matching import normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [("House?", "house"), ("don't", "dont"), ("STRASSE", "strasse"), ("…", "..."), ("10:30", "1030"), ("Ａ", "a")],
)
def test_words_are_compared_without_case_and_punctuation(text: str, expected: str) -> None:
    assert normalised(text) == expected
