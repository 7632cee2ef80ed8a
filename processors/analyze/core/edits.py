"""The edit between a quote and its correction: which words it touches."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Edit:
    """The words that a correction changes."""

    words: frozenset[int]
    """Indices, within the quote, of the words replaced or deleted."""
    gaps: frozenset[int]
    """Where words are inserted: n is the gap before word n."""

    def shifted(self, by: int) -> "Edit":
        return Edit(frozenset(word + by for word in self.words), frozenset(gap + by for gap in self.gaps))

    def overlaps(self, other: "Edit") -> bool:
        """Whether both correct the same thing: they share a word or a gap."""
        return bool(self.words & other.words or self.gaps & other.gaps)

    def supporting_words(self, length: int) -> frozenset[int]:
        """In an answer of `length` words: the words that must have been recognised correctly for this to be an error,
        which are those replaced and the neighbours of what is inserted."""
        neighbours = {word for gap in self.gaps for word in (gap - 1, gap) if 0 <= word < length}
        return self.words | neighbours


def edit_between(quote: Sequence[str], correction: Sequence[str]) -> Edit:
    words: set[int] = set()
    gaps: set[int] = set()
    matcher = SequenceMatcher(None, quote, correction, autojunk=False)
    for kind, begin, end, _, _ in matcher.get_opcodes():
        if kind in ("replace", "delete"):
            words.update(range(begin, end))
        elif kind == "insert":
            gaps.add(begin)
    return Edit(frozenset(words), frozenset(gaps))
