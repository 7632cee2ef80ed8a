"""When is a word confirmed, that is, will not change any more? Every streaming recogniser answers in its own way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from schemas.words import Word

_RECENT = 12
"""Confirmed words that are kept, so that the next hypothesis can be aligned with them."""


@dataclass(frozen=True)
class HypothesisBuffer:
    """All that a policy, whichever it is, carries from one window to the next."""

    recent: tuple[Word, ...] = ()
    """The newest confirmed words."""
    unconfirmed: tuple[Word, ...] = ()
    """What the last hypothesis contained after the confirmed words."""
    votes: tuple[int, ...] = ()
    """For each unconfirmed word, how many hypotheses in a row contained it and all words before it."""

    def confirm(self, fresh: tuple[Word, ...], votes: tuple[int, ...], count: int) -> "HypothesisBuffer":
        """The buffer after a hypothesis whose words after the confirmed ones are `fresh`, the first `count` of which
        are now confirmed."""
        return HypothesisBuffer((self.recent + fresh[:count])[-_RECENT:], fresh[count:], votes[count:])


EMPTY_BUFFER = HypothesisBuffer()


class Policy(Protocol):
    """A value that is given the hypotheses of one growing window after another and decides which words are confirmed.
    Each method returns the policy's next value and the newly confirmed words, in order."""

    @property
    def buffer(self) -> HypothesisBuffer:
        """A policy of the same kind that is given this buffer continues where this one stands."""
        ...

    @property
    def unconfirmed(self) -> tuple[Word, ...]:
        """What was recognised last and is not confirmed yet."""
        ...

    def update(self, words: Sequence[Word], from_ms: int, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        """A new hypothesis for the audio between these times. It may begin with words that are confirmed already."""
        ...

    def flush(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        """Confirms the unconfirmed words that begin before this time as they are: their audio is about to be removed,
        or nothing follows that could change them."""
        ...
