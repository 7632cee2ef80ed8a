"""How far each partition has been worked through, when messages are finished in another order than they came.

Pure bookkeeping. The offset that may be committed is that of the oldest message still in hand: whoever takes the
partition over begins there, so a slow message is never lost, and what was finished behind it comes a second time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class _Partition:
    """`next`: the offset behind the last message taken. `committed`: what was last committed, or where it began."""

    next: int
    committed: int
    in_hand: set[int] = field(default_factory=set)

    @property
    def safe(self) -> int:
        return min(self.in_hand, default=self.next)


class Progress:
    """Of the partitions of one topic that this process owns. Offsets of a partition come in growing order, with gaps
    where the log has none; after a rebalance they may begin again at the committed one."""

    def __init__(self) -> None:
        self._partitions: dict[int, _Partition] = {}

    def take(self, partition: int, offset: int) -> bool:
        """False if the message was taken before: it is in hand or done with, and only read again."""
        place = self._partitions.setdefault(partition, _Partition(offset, offset))
        if offset < place.next:
            return False
        place.next = offset + 1
        place.in_hand.add(offset)
        return True

    def done(self, partition: int, offset: int) -> None:
        """The message needs nobody any more. Of a partition that was given up meanwhile, nothing is noted."""
        if partition in self._partitions:
            self._partitions[partition].in_hand.discard(offset)

    def committable(self) -> dict[int, int]:
        """By partition, the offset to commit, where there is something new."""
        return {number: place.safe for number, place in self._partitions.items() if place.safe > place.committed}

    def committed(self, partition: int, offset: int) -> None:
        if partition in self._partitions:
            self._partitions[partition].committed = max(offset, self._partitions[partition].committed)

    def keep_only(self, partitions: Iterable[int]) -> None:
        """Forget all other partitions: somebody else works on them, and perhaps further than we know."""
        kept = set(partitions)
        self._partitions = {number: place for number, place in self._partitions.items() if number in kept}
