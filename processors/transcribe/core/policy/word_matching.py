"""Finds where a hypothesis continues after the words that are confirmed already."""

import unicodedata
from collections.abc import Sequence
from itertools import takewhile

from schemas.words import Word

_OVERLAP = 5
"""Longest run of words that is compared to find where a hypothesis continues after the confirmed words."""
_SEARCH = 3
"""How many words the place found by text may lie from the place that the times suggest."""
_SAME_WORD_MS = 600
"""Greatest difference between the starts of one word in two hypotheses. Recognisers move a word a little with each
window."""


def normalised(text: str) -> str:
    """A word as it is compared: without case and punctuation, unless it consists of nothing else."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum()) or folded


def same_word(one: Word, other: Word) -> bool:
    return normalised(one.text) == normalised(other.text)


def after_confirmed(recent: Sequence[Word], words: Sequence[Word], from_ms: int) -> tuple[Word, ...]:
    """The words of a hypothesis after the newest confirmed ones. Its audio begins at `from_ms`."""
    return tuple(words[confirmed_prefix([word for word in recent if word.end_ms > from_ms], words) :])


def confirmed_prefix(recent: Sequence[Word], words: Sequence[Word]) -> int:
    """How many words at the beginning of a hypothesis are confirmed already. `recent`: the newest confirmed words, as
    far as they lie in the audio.

    Times alone decide this badly, for they move from one hypothesis to the next; text alone decides it badly, for
    speakers repeat words. So the times suggest a place, and of the places near it the one is taken that the longest run
    of the newest confirmed words leads up to."""
    if not recent:
        return 0
    confirmed_until_ms = recent[-1].end_ms
    by_time = sum((word.start_ms + word.end_ms) // 2 < confirmed_until_ms for word in words)
    near = range(max(by_time - _SEARCH, 0), min(by_time + _SEARCH, len(words)) + 1)
    return max(near, key=lambda place: (_run_before(place, recent, words), -abs(place - by_time)))


def _run_before(place: int, recent: Sequence[Word], words: Sequence[Word]) -> int:
    """Length of the run of words before this place that are the newest confirmed ones, recognised again at the same
    time. A run counts as the longest if there is no more to compare: the window begins there, or the confirmed words
    do."""
    pairs = list(zip(reversed(recent[-_OVERLAP:]), reversed(words[:place]), strict=False))
    length = sum(1 for _ in takewhile(lambda pair: _recognised_again(*pair), pairs))
    return _OVERLAP if 0 < length == len(pairs) else length


def _recognised_again(confirmed: Word, word: Word) -> bool:
    return same_word(confirmed, word) and abs(confirmed.start_ms - word.start_ms) <= _SAME_WORD_MS
