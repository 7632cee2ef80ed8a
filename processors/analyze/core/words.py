"""Words in the form in which they are compared: lower case, without punctuation."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from schemas.transcripts import SessionTranscribed
from schemas.words import Word

ItemT = TypeVar("ItemT")

_PUNCTUATION = ' \t\n.,;:!?…"“”()[]'


def token(text: str) -> str:
    """A word's letters, digits and apostrophes, in lower case; empty for bare punctuation."""
    return "".join(char for char in text.casefold().replace("’", "'") if char.isalnum() or char == "'").strip("'")


def word_set(text: str) -> frozenset[str]:
    """A rule's words, written as one line of text."""
    return frozenset(text.split())


def tokens(text: str) -> tuple[str, ...]:
    return tuple(found for found in map(token, text.split()) if found)


def strip_punctuation(text: str) -> str:
    """The text without punctuation at its ends and without repeated spaces."""
    return " ".join(text.split()).strip(_PUNCTUATION)


def truncate(text: str, max_chars: int) -> str:
    """At most `max_chars` characters on one line, cut between words and marked with an ellipsis."""
    line = " ".join(text.split())
    if len(line) <= max_chars:
        return line
    return line[: max_chars - 1].rsplit(" ", 1)[0] + "…"


def words_in_order(session: SessionTranscribed) -> tuple[tuple[int | None, Word], ...]:
    """All words of a session as (question, word), in the order they were spoken."""
    words = [(answer.question, word) for answer in session.answers for word in answer.words]
    return tuple(sorted(words, key=lambda entry: entry[1].start_ms))


def without_punctuation(words: Iterable[Word]) -> list[Word]:
    """The words that are not bare punctuation. Word indices, here and elsewhere, refer to this list."""
    return [word for word in words if token(word.text)]


def find_all(haystack: Sequence[ItemT], needle: Sequence[ItemT]) -> list[int]:
    """Every index in `haystack` at which `needle` begins."""
    starts = range(len(haystack) - len(needle) + 1)
    return [start for start in starts if haystack[start : start + len(needle)] == needle]
