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


def count_words(text: str) -> int:
    """The number of whitespace-separated tokens with a letter or a digit. All word counts use this definition."""
    return sum(any(char.isalnum() for char in token) for token in text.split())
