"""How much of what was said was written down."""

import re
from collections.abc import Sequence

import jiwer

_NOT_OF_A_WORD = re.compile(r"[^\w\s']")


def normalised(text: str) -> str:
    """Lower case, without punctuation, single spaces: what a word error rate is measured on."""
    return " ".join(_NOT_OF_A_WORD.sub(" ", text.lower()).split())


def word_error_rate(said: str | Sequence[str], heard: str | Sequence[str]) -> float:
    """Substitutions, deletions and insertions per word said; of several texts, pooled."""
    rate: float = jiwer.wer(_texts(said), _texts(heard))
    return rate


def _texts(given: str | Sequence[str]) -> list[str]:
    return [normalised(text) for text in ([given] if isinstance(given, str) else given)]
