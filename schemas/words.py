"""Words as the recogniser gives them, and the definition of a word count."""

from schemas.base import Schema


class Word(Schema):
    """A recognised word."""

    text: str
    start_ms: int
    """Times are milliseconds from the session's first sample."""
    end_ms: int
    probability: float
    """The recogniser's, 0 to 1."""


_DASHES = str.maketrans("—–", "  ")
"""Unlike a hyphen, a dash stands between two words, with or without spaces."""


def count_words(text: str) -> int:
    """The number of words as a person counts them: tokens, separated by whitespace or a dash, with a letter or a digit.
    "mother-in-law", "T-shirt", "don't", "50,000", "95%", "6.30" and "U.S." are one word each. All word counts use this
    definition."""
    return sum(any(char.isalnum() for char in token) for token in text.translate(_DASHES).split())
