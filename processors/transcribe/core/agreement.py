"""LocalAgreement-2: a word is certain once two hypotheses in a row agree on it and on all before it.

Source: D. Macháček, R. Dabre, O. Bojar, "Turning Whisper into Real-Time Transcription System", IJCNLP-AACL 2023
(system demonstrations), section 2; the policy itself is from D. Liu, G. Spanakis, J. Niehues, "Low-Latency
Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis Selection", Interspeech 2020.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Self

from schemas.words import Word

_RECENT = 12
"""Certain words that are remembered, to know them again in the next hypothesis."""
_OVERLAP = 5
"""Longest run of words that is compared to find where a hypothesis goes beyond what is certain."""
_SEARCH = 3
"""How many words the place found by text may lie from the place that the times suggest."""
_SAME_WORD_MS = 600
"""Greatest difference between two hearings' beginnings of one word. Recognisers move a word a little with each
window."""


def normalised(text: str) -> str:
    """A word as it is compared: without case and punctuation, unless there is nothing else."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum()) or folded


def same_word(one: Word, other: Word) -> bool:
    return normalised(one.text) == normalised(other.text)


@dataclass(frozen=True)
class LocalAgreement:
    """`recent`: the newest of the certain words; `tail`: what the last hypothesis had beyond them."""

    recent: tuple[Word, ...] = ()
    tail: tuple[Word, ...] = ()

    def hear(self, words: Sequence[Word], from_ms: int) -> tuple[Self, tuple[Word, ...]]:
        audible = [word for word in self.recent if word.end_ms > from_ms]
        fresh = tuple(words[known_words(audible, words) :])
        return self._with(fresh, agreed=_common_prefix(self.tail, fresh))

    def force(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        return self._with(self.tail, agreed=sum(word.start_ms < until_ms for word in self.tail))

    def _with(self, fresh: tuple[Word, ...], agreed: int) -> tuple[Self, tuple[Word, ...]]:
        certain = fresh[:agreed]
        return type(self)((self.recent + certain)[-_RECENT:], fresh[agreed:]), certain


def _common_prefix(one: Sequence[Word], other: Sequence[Word]) -> int:
    return sum(1 for _ in takewhile(lambda pair: same_word(*pair), zip(one, other, strict=False)))


def known_words(recent: Sequence[Word], words: Sequence[Word]) -> int:
    """How many words at the beginning of a hypothesis are certain already. `recent`: the newest certain words, as far
    as they lie in the audio.

    Times alone decide this badly, for they move from one hypothesis to the next, and text alone decides it badly, for
    speakers repeat words. So the times suggest a place, and near it the place is taken that the longest run of the
    newest certain words leads up to."""
    if not recent:
        return 0
    known_until_ms = recent[-1].end_ms
    by_time = sum((word.start_ms + word.end_ms) // 2 < known_until_ms for word in words)
    near = range(max(by_time - _SEARCH, 0), min(by_time + _SEARCH, len(words)) + 1)
    return max(near, key=lambda place: (_run_before(place, recent, words), -abs(place - by_time)))


def _run_before(place: int, recent: Sequence[Word], words: Sequence[Word]) -> int:
    """Length of the run of words before this place that are the newest certain ones, heard again at the same time. A
    run is as good as the longest if there is no more to compare: the window begins there, or the certain words do."""
    pairs = list(zip(reversed(recent[-_OVERLAP:]), reversed(words[:place]), strict=False))
    length = sum(1 for _ in takewhile(lambda pair: _heard_again(*pair), pairs))
    return _OVERLAP if 0 < length == len(pairs) else length


def _heard_again(known: Word, word: Word) -> bool:
    return same_word(known, word) and abs(known.start_ms - word.start_ms) <= _SAME_WORD_MS
