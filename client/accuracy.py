"""Word error rates, and where two texts differ."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jiwer

_PUNCTUATION = re.compile(r"[^\w\s']")
_PASSAGE_WORDS = 3


def normalised(text: str) -> str:
    """Lower case, no punctuation, single spaces: the form in which texts are compared."""
    return " ".join(_PUNCTUATION.sub(" ", text.lower().replace("’", "'")).split())


def word_error_rate(reference: str | Sequence[str], hypothesis: str | Sequence[str]) -> float:
    """Substitutions, deletions and insertions per word of the reference; several texts are pooled."""
    rate: float = jiwer.wer(_texts(reference), _texts(hypothesis))
    return rate


def _texts(given: str | Sequence[str]) -> list[str]:
    return [normalised(text) for text in ([given] if isinstance(given, str) else given)]


@dataclass(frozen=True)
class Difference:
    """A place where two texts differ. Either range may be empty."""

    reference: tuple[int, int]
    """Index of the first word, and of the one after the last."""
    hypothesis: tuple[int, int]
    """The words in their place, in the same way."""


@dataclass(frozen=True)
class Comparison:
    """Two texts, aligned word by word. Words that differ only in case or punctuation are equal."""

    words: int
    """Of the reference; a word with a hyphen counts as two."""
    substitutions: int
    deletions: int
    insertions: int
    differences: tuple[Difference, ...]

    @property
    def changed(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """The word error rate; None if only the reference is empty."""
        if self.words:
            return self.changed / self.words
        return None if self.changed else 0.0


def compare(reference: Sequence[str], hypothesis: Sequence[str]) -> Comparison:
    """Two texts as words, in the alignment with the fewest differences."""
    reference_tokens, hypothesis_tokens = list(_tokens(reference)), list(_tokens(hypothesis))
    if not reference_tokens or not hypothesis_tokens:
        deletions, insertions = len(reference_tokens), len(hypothesis_tokens)
        whole = Difference((0, len(reference)), (0, len(hypothesis)))
        return Comparison(deletions, 0, deletions, insertions, (whole,) if deletions or insertions else ())
    aligned = jiwer.process_words(_joined(reference_tokens), _joined(hypothesis_tokens))
    return Comparison(
        len(reference_tokens),
        aligned.substitutions,
        aligned.deletions,
        aligned.insertions,
        tuple(_differences(aligned.alignments[0], reference_tokens, hypothesis_tokens)),
    )


def _tokens(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What is compared, each with its word's index: a word with a hyphen is two tokens, a lone dash none."""
    for index, word in enumerate(words):
        for token in normalised(word).split():
            yield token, index


def _joined(tokens: Sequence[tuple[str, int]]) -> str:
    return " ".join(token for token, _ in tokens)


def _differences(
    chunks: Sequence[Any], reference: Sequence[tuple[str, int]], hypothesis: Sequence[tuple[str, int]]
) -> Iterator[Difference]:
    """Adjacent chunks of the alignment that differ are one difference."""
    open_from: tuple[int, int] | None = None
    for chunk in chunks:
        begins = (chunk.ref_start_idx, chunk.hyp_start_idx)
        if chunk.type != "equal":
            open_from = open_from or begins
        elif open_from is not None:
            yield _difference(open_from, begins, reference, hypothesis)
            open_from = None
    if open_from is not None:
        yield _difference(open_from, (len(reference), len(hypothesis)), reference, hypothesis)


def _difference(
    begin: tuple[int, int],
    end: tuple[int, int],
    reference: Sequence[tuple[str, int]],
    hypothesis: Sequence[tuple[str, int]],
) -> Difference:
    return Difference(_word_range(reference, begin[0], end[0]), _word_range(hypothesis, begin[1], end[1]))


def _word_range(tokens: Sequence[tuple[str, int]], begin: int, end: int) -> tuple[int, int]:
    """The words that these tokens are part of. An empty range lies before the next token."""
    if begin < end:
        return tokens[begin][1], tokens[end - 1][1] + 1
    index = tokens[begin][1] if begin < len(tokens) else tokens[-1][1] + 1
    return index, index


def repeated_passages(reference: str, hypothesis: str) -> int:
    """Passages of three words that are in the hypothesis more often than in the reference. One that is not in the
    reference at all may occur once: that is an ordinary error."""
    allowed, found = _passages(reference), _passages(hypothesis)
    return sum(max(count - max(allowed[passage], 1), 0) for passage, count in found.items())


def _passages(text: str) -> Counter[tuple[str, ...]]:
    words = normalised(text).split()
    return Counter(tuple(words[at : at + _PASSAGE_WORDS]) for at in range(len(words) - _PASSAGE_WORDS + 1))
