"""How much of what was said was written down, and where two texts differ."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jiwer

_NOT_OF_A_WORD = re.compile(r"[^\w\s']")
_PASSAGE_WORDS = 3


def normalised(text: str) -> str:
    """Lower case, without punctuation, single spaces: what a word error rate is measured on."""
    return " ".join(_NOT_OF_A_WORD.sub(" ", text.lower().replace("’", "'")).split())


def word_error_rate(said: str | Sequence[str], heard: str | Sequence[str]) -> float:
    """Substitutions, deletions and insertions per word said; of several texts, pooled."""
    rate: float = jiwer.wer(_texts(said), _texts(heard))
    return rate


def _texts(given: str | Sequence[str]) -> list[str]:
    return [normalised(text) for text in ([given] if isinstance(given, str) else given)]


@dataclass(frozen=True)
class Difference:
    """A place where two texts differ: words `said[0]` up to, and without, `said[1]` of one became these of the other.
    Either range may be empty."""

    said: tuple[int, int]
    heard: tuple[int, int]


@dataclass(frozen=True)
class Comparison:
    """`words`: those said, as they are counted. Words that differ in case or punctuation alone are the same."""

    words: int
    substitutions: int
    deletions: int
    insertions: int
    differences: tuple[Difference, ...]

    @property
    def changed(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """The word error rate; None if nothing was said but something was heard."""
        if self.words:
            return self.changed / self.words
        return None if self.changed else 0.0


def compare(said: Sequence[str], heard: Sequence[str]) -> Comparison:
    """Two texts, word by word, in the alignment with the fewest differences."""
    said_tokens, heard_tokens = list(_tokens(said)), list(_tokens(heard))
    if not said_tokens or not heard_tokens:
        deletions, insertions = len(said_tokens), len(heard_tokens)
        whole = Difference((0, len(said)), (0, len(heard)))
        return Comparison(deletions, 0, deletions, insertions, (whole,) if deletions or insertions else ())
    aligned = jiwer.process_words(_joined(said_tokens), _joined(heard_tokens))
    return Comparison(
        len(said_tokens),
        aligned.substitutions,
        aligned.deletions,
        aligned.insertions,
        tuple(_differences(aligned.alignments[0], said_tokens, heard_tokens)),
    )


def _tokens(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What is compared, and the word it stands in: a word with a hyphen is two tokens, a lone dash none."""
    for index, word in enumerate(words):
        for token in normalised(word).split():
            yield token, index


def _joined(tokens: Sequence[tuple[str, int]]) -> str:
    return " ".join(token for token, _ in tokens)


def _differences(
    chunks: Sequence[Any], said: Sequence[tuple[str, int]], heard: Sequence[tuple[str, int]]
) -> Iterator[Difference]:
    """Neighbouring chunks of the alignment that differ are one difference."""
    open_from: tuple[int, int] | None = None
    for chunk in chunks:
        begins = (chunk.ref_start_idx, chunk.hyp_start_idx)
        if chunk.type != "equal":
            open_from = open_from or begins
        elif open_from is not None:
            yield _difference(open_from, begins, said, heard)
            open_from = None
    if open_from is not None:
        yield _difference(open_from, (len(said), len(heard)), said, heard)


def _difference(
    begin: tuple[int, int], end: tuple[int, int], said: Sequence[tuple[str, int]], heard: Sequence[tuple[str, int]]
) -> Difference:
    return Difference(_word_range(said, begin[0], end[0]), _word_range(heard, begin[1], end[1]))


def _word_range(tokens: Sequence[tuple[str, int]], begin: int, end: int) -> tuple[int, int]:
    """The words in which these tokens stand. An empty range lies before the token that follows."""
    if begin < end:
        return tokens[begin][1], tokens[end - 1][1] + 1
    place = tokens[begin][1] if begin < len(tokens) else tokens[-1][1] + 1
    return place, place


def repeated_passages(said: str, heard: str) -> int:
    """Passages of three words that are in what was heard more often than they were said; one that was never said may
    be there once."""
    once, given = _passages(said), _passages(heard)
    return sum(max(count - max(once[passage], 1), 0) for passage, count in given.items())


def _passages(text: str) -> Counter[tuple[str, ...]]:
    words = normalised(text).split()
    return Counter(tuple(words[at : at + _PASSAGE_WORDS]) for at in range(len(words) - _PASSAGE_WORDS + 1))
