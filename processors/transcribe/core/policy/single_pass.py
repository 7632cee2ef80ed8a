"""Single pass: a word is certain once it ends a set time before its window does.

What makes a word change is that the window ends in it or right behind it; further back the recogniser has heard what
it will ever hear. So no second hypothesis is waited for, and the times that the alignment gives anyway decide. The
idea is AlignAtt's (S. Papi, M. Turchi, M. Negri, "AlignAtt: Using Attention-based Audio-Translation Alignments as a
Guide for Simultaneous Speech Translation", Interspeech 2023), which SimulStreaming applies to Whisper (D. Macháček,
P. Polák, "Simultaneous Translation with Offline Speech and LLM Models in CUNI Submission to IWSLT 2025"): they stop
decoding at the word whose attention lies in the newest audio; here it is decoded and shown, but not yet certain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Self

from processors.transcribe.core.policy.policy import EMPTY_BUFFER, HypothesisBuffer, settled
from processors.transcribe.core.policy.word_matching import beyond
from schemas.words import Word


@dataclass(frozen=True)
class SinglePass:
    """`hold_back_ms`: the newest part of a window, in which nothing is certain."""

    memory: HypothesisBuffer = EMPTY_BUFFER
    hold_back_ms: int = 600

    @property
    def tail(self) -> tuple[Word, ...]:
        return self.memory.tail

    def hear(self, words: Sequence[Word], from_ms: int, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        fresh = beyond(self.memory.recent, words, from_ms)
        count = sum(1 for _ in takewhile(lambda word: word.end_ms <= until_ms - self.hold_back_ms, fresh))
        return self._with(fresh, count)

    def force(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        return self._with(self.tail, sum(word.start_ms < until_ms for word in self.tail))

    def _with(self, fresh: tuple[Word, ...], count: int) -> tuple[Self, tuple[Word, ...]]:
        votes = (1,) * len(fresh)
        return replace(self, memory=settled(self.memory, fresh, votes, count)), fresh[:count]
