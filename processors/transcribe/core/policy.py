"""When is a word certain? The question every streaming recogniser answers in its own way."""

from collections.abc import Sequence
from typing import Protocol, Self

from schemas.words import Word


class Policy(Protocol):
    """A value that hears the hypotheses of one growing window after another and says which words will not change any
    more. Each method gives the policy as it is afterwards and the words that have become certain, in order."""

    @property
    def tail(self) -> tuple[Word, ...]:
        """What was heard last and is not yet certain."""
        ...

    def hear(self, words: Sequence[Word], from_ms: int) -> tuple[Self, tuple[Word, ...]]:
        """A new hypothesis, of audio from this time on. It may begin with words that are certain already."""
        ...

    def force(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        """The tail's words that begin before this time are taken as they are: the audio they stand in is about to
        go."""
        ...
