"""LocalAgreement-n: a word is confirmed once n hypotheses in a row agree on it and on all words before it.

Source: D. Macháček, R. Dabre, O. Bojar, "Turning Whisper into Real-Time Transcription System", IJCNLP-AACL 2023
(system demonstrations), section 2, with n = 2; the policy itself is from D. Liu, G. Spanakis, J. Niehues, "Low-Latency
Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis Selection", Interspeech 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Self

from processors.transcribe.core.policy.policy import EMPTY_BUFFER, HypothesisBuffer
from processors.transcribe.core.policy.word_matching import after_confirmed, same_word
from schemas.words import Word


@dataclass(frozen=True)
class LocalAgreement:
    needed: int
    """How many hypotheses must agree."""
    buffer: HypothesisBuffer = EMPTY_BUFFER

    @property
    def unconfirmed(self) -> tuple[Word, ...]:
        return self.buffer.unconfirmed

    def update(self, words: Sequence[Word], from_ms: int, until_ms: int) -> tuple[Self, tuple[Word, ...]]:  # noqa: ARG002 - agreement does not depend on the end of the window
        fresh = after_confirmed(self.buffer.recent, words, from_ms)
        agreed = _common_prefix(self.unconfirmed, fresh)
        votes = tuple(vote + 1 for vote in self.buffer.votes[:agreed]) + (1,) * (len(fresh) - agreed)
        count = sum(1 for _ in takewhile(lambda vote: vote >= self.needed, votes))
        return replace(self, buffer=self.buffer.confirm(fresh, votes, count)), fresh[:count]

    def flush(self, until_ms: int) -> tuple[Self, tuple[Word, ...]]:
        words = self.unconfirmed
        count = sum(word.start_ms < until_ms for word in words)
        return replace(self, buffer=self.buffer.confirm(words, self.buffer.votes, count)), words[:count]


def _common_prefix(one: Sequence[Word], other: Sequence[Word]) -> int:
    return sum(1 for _ in takewhile(lambda pair: same_word(*pair), zip(one, other, strict=False)))
