"""Words: what a recogniser hears, and what counts as one."""

from schemas.base import Schema


class Word(Schema):
    """One heard word. Times are milliseconds from the session's first sample; `probability` is 0 to 1."""

    text: str
    start_ms: int
    end_ms: int
    probability: float


def count_words(text: str) -> int:
    """Whitespace-separated tokens that hold a letter or a digit: the one definition of a word count."""
    return sum(any(char.isalnum() for char in token) for token in text.split())
