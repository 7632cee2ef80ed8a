"""LocalAgreement-n: a word is certain once n hypotheses in a row agree on it and on all before it.

Source: D. Macháček, R. Dabre, O. Bojar, "Turning Whisper into Real-Time Transcription System", IJCNLP-AACL 2023
(system demonstrations), section 2, with n = 2; the policy itself is from D. Liu, G. Spanakis, J. Niehues, "Low-Latency
Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis Selection", Interspeech 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Self

from processors.transcribe.core.policy.policy import EMPTY_BUFFER, HypothesisBuffer, settled
from processors.transcribe.core.policy.word_matching import beyond, same_word
from schemas.words import Word


@dataclass(frozen=True)
class LocalAgreement:
    """`needed`: how many hypotheses must agree."""

    memory: HypothesisBuffer = EMPTY_BUFFER
    needed: int = 2

    @property
    def tail(self) -> tuple[Word, ...]:
        return self.memory.tail

    def hear(self, words: Sequence[Word], from_ms: int, until_ms: int) -> tuple[Self, tuple[Word, ...]]:  # noqa: ARG002 - agreement is not about time
        fresh = beyond(self.memory.recent, words, from_ms)
        agreed = _common_prefix(self.tail, fresh)
        votes = tuple(vote + 1 for vote in self.memory.votes[:agreed]) + (1,) * (len(fresh) - agreed)
        count = sum(1 for _ in takewhile(lambda vote: vote >= self.needed, votes))
        return replace(self, memory=settled(self.memory, fresh, votes, count)), fresh[:count]

    def force(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        count = sum(word.start_ms < until_ms for word in self.tail)
        return replace(self, memory=settled(self.memory, self.tail, self.memory.votes, count)), self.tail[:count]


def _common_prefix(one: Sequence[Word], other: Sequence[Word]) -> int:
    return sum(1 for _ in takewhile(lambda pair: same_word(*pair), zip(one, other, strict=False)))
