"""How much of what was said was written down."""

import re

import jiwer

_NOT_OF_A_WORD = re.compile(r"[^\w\s']")


def normalised(text: str) -> str:
    """Lower case, without punctuation, single spaces: what a word error rate is measured on."""
    return " ".join(_NOT_OF_A_WORD.sub(" ", text.lower()).split())


def word_error_rate(said: str, heard: str) -> float:
    """Substitutions, deletions and insertions per word said."""
    rate: float = jiwer.wer(normalised(said), normalised(heard))
    return rate
