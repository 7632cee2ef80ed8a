"""When is a word certain? The question every streaming recogniser answers in its own way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from schemas.words import Word


@dataclass(frozen=True)
class HypothesisBuffer:
    """All that a policy carries from one window to the next, whichever policy it is. `recent`: the newest of the
    certain words; `tail`: what the last hypothesis had beyond them; `votes`: for each word of the tail, how many
    hypotheses in a row had it and all before it."""

    recent: tuple[Word, ...] = ()
    tail: tuple[Word, ...] = ()
    votes: tuple[int, ...] = ()


EMPTY_BUFFER = HypothesisBuffer()
_RECENT = 12
"""Certain words that are remembered, to know them again in the next hypothesis."""


def settled(memory: HypothesisBuffer, fresh: tuple[Word, ...], votes: tuple[int, ...], count: int) -> HypothesisBuffer:
    """The memory when so many words of a hypothesis, beyond what was certain before it, have become certain."""
    return HypothesisBuffer((memory.recent + fresh[:count])[-_RECENT:], fresh[count:], votes[count:])


class Policy(Protocol):
    """A value that hears the hypotheses of one growing window after another and says which words will not change any
    more. Each method gives the policy as it is afterwards and the words that have become certain, in order."""

    @property
    def memory(self) -> HypothesisBuffer:
        """A policy of the same kind that is given this memory goes on where this one is."""
        ...

    @property
    def tail(self) -> tuple[Word, ...]:
        """What was heard last and is not yet certain."""
        ...

    def hear(self, words: Sequence[Word], from_ms: int, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        """A new hypothesis, of the audio between these times. It may begin with words that are certain already."""
        ...

    def force(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        """The tail's words that begin before this time are taken as they are: the audio they stand in is about to
        go, or nothing follows that could change them."""
        ...
