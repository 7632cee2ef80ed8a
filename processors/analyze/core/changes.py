"""Which words of a quote its correction touches."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Change:
    """`words`: numbers, within the quote, of the words replaced or removed. `gaps`: where words are put in; n stands
    for the place before word n."""

    words: frozenset[int]
    gaps: frozenset[int]

    def moved(self, by: int) -> "Change":
        return Change(frozenset(word + by for word in self.words), frozenset(gap + by for gap in self.gaps))

    def meets(self, other: "Change") -> bool:
        """Whether both put the same thing right: a word or a gap in common."""
        return bool(self.words & other.words or self.gaps & other.gaps)

    def rests_on(self, length: int) -> frozenset[int]:
        """The words that must have been heard right for this to be an error, in an answer of `length` words: those
        replaced, and the neighbours of what is put in."""
        beside = {word for gap in self.gaps for word in (gap - 1, gap) if 0 <= word < length}
        return self.words | beside


def change_of(quote: Sequence[str], correction: Sequence[str]) -> Change:
    words: set[int] = set()
    gaps: set[int] = set()
    matcher = SequenceMatcher(None, quote, correction, autojunk=False)
    for kind, begin, end, _, _ in matcher.get_opcodes():
        if kind in ("replace", "delete"):
            words.update(range(begin, end))
        elif kind == "insert":
            gaps.add(begin)
    return Change(frozenset(words), frozenset(gaps))
