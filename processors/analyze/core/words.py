"""Words as they are compared: without case, and without signs that nobody pronounces."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from schemas.transcripts import SessionTranscribed
from schemas.words import Word

ItemT = TypeVar("ItemT")

_EDGES = ' \t\n.,;:!?…"“”()[]'


def token(text: str) -> str:
    """A word's letters, digits and apostrophes, in lower case; empty for a bare sign."""
    return "".join(char for char in text.casefold().replace("’", "'") if char.isalnum() or char == "'").strip("'")


def word_set(text: str) -> frozenset[str]:
    """Words of a rule, written as one line of text."""
    return frozenset(text.split())


def tokens(text: str) -> tuple[str, ...]:
    return tuple(found for found in map(token, text.split()) if found)


def plain(text: str) -> str:
    """A passage without the signs at its ends and without doubled spaces."""
    return " ".join(text.split()).strip(_EDGES)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words and marked, on one line."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0] + "…"


def spoken(session: SessionTranscribed) -> tuple[tuple[int | None, Word], ...]:
    """All words of a session as (question, word), in the order they were said."""
    words = [(answer.question, word) for answer in session.answers for word in answer.words]
    return tuple(sorted(words, key=lambda entry: entry[1].start_ms))


def said_words(words: Iterable[Word]) -> list[Word]:
    """Without bare signs. The numbers of words, here and elsewhere, are those of this list."""
    return [word for word in words if token(word.text)]


def find(haystack: Sequence[ItemT], needle: Sequence[ItemT]) -> list[int]:
    """Where `needle` begins in `haystack`, everywhere it does."""
    starts = range(len(haystack) - len(needle) + 1)
    return [start for start in starts if haystack[start : start + len(needle)] == needle]
