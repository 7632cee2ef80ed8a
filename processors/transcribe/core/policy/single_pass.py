"""Single pass: a word is confirmed once it ends a set time before its window does.

A word changes because the window ends inside it or right behind it; further back the recogniser has all the audio it
will ever get. So this policy does not wait for a second hypothesis, but decides by the times that the alignment yields
anyway. The idea is AlignAtt's (S. Papi, M. Turchi, M. Negri, "AlignAtt: Using Attention-based Audio-Translation
Alignments as a Guide for Simultaneous Speech Translation", Interspeech 2023), which SimulStreaming applies to Whisper
(D. Macháček, P. Polák, "Simultaneous Translation with Offline Speech and LLM Models in CUNI Submission to IWSLT 2025"):
they stop decoding at the word whose attention lies in the newest audio; here that word is decoded and shown, but not
confirmed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Self

from processors.transcribe.core.policy.policy import EMPTY_BUFFER, HypothesisBuffer
from processors.transcribe.core.policy.word_matching import after_confirmed
from schemas.words import Word


@dataclass(frozen=True)
class SinglePass:
    hold_back_ms: int
    """The newest part of a window, in which no word is confirmed."""
    buffer: HypothesisBuffer = EMPTY_BUFFER

    @property
    def unconfirmed(self) -> tuple[Word, ...]:
        return self.buffer.unconfirmed

    def update(self, words: Sequence[Word], from_ms: int, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        fresh = after_confirmed(self.buffer.recent, words, from_ms)
        count = sum(1 for _ in takewhile(lambda word: word.end_ms <= until_ms - self.hold_back_ms, fresh))
        return self._confirm(fresh, count)

    def flush(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        return self._confirm(self.unconfirmed, sum(word.start_ms < until_ms for word in self.unconfirmed))

    def _confirm(self, fresh: tuple[Word, ...], count: int) -> tuple[Self, tuple[Word, ...]]:
        votes = (1,) * len(fresh)
        return replace(self, buffer=self.buffer.confirm(fresh, votes, count)), fresh[:count]
