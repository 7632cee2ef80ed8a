"""The offset that may be committed for each partition while messages are completed out of order.

Bookkeeping only, no I/O. The committable offset is that of the oldest message in flight: the partition's next owner
starts there, so a slow message is never lost, and messages completed after it are delivered a second time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class _Partition:
    next: int
    """The offset after the last message tracked."""
    committed: int
    """The offset committed last, or the first one tracked."""
    in_flight: set[int] = field(default_factory=set)

    @property
    def committable(self) -> int:
        return min(self.in_flight, default=self.next)


class OffsetTracker:
    """Covers the partitions of one topic that are assigned to this process. A partition's offsets arrive in increasing
    order, with gaps where the log has none; after a rebalance they may start again at the committed one."""

    def __init__(self) -> None:
        self._partitions: dict[int, _Partition] = {}

    def track(self, partition: int, offset: int) -> bool:
        """The message is in flight from now on. False if it was tracked before: it is in flight or completed, and has
        only been fetched again."""
        state = self._partitions.setdefault(partition, _Partition(offset, offset))
        if offset < state.next:
            return False
        state.next = offset + 1
        state.in_flight.add(offset)
        return True

    def complete(self, partition: int, offset: int) -> None:
        """The message needs no more work. Ignored for a partition that has been revoked meanwhile."""
        if partition in self._partitions:
            self._partitions[partition].in_flight.discard(offset)

    def committable(self) -> dict[int, int]:
        """The offsets to commit, by partition; only those that have advanced since the last commit."""
        return {
            number: state.committable
            for number, state in self._partitions.items()
            if state.committable > state.committed
        }

    def committed(self, partition: int, offset: int) -> None:
        if partition in self._partitions:
            self._partitions[partition].committed = max(offset, self._partitions[partition].committed)

    def retain(self, partitions: Iterable[int]) -> None:
        """Forget all other partitions: their new owners may already be further along."""
        kept = set(partitions)
        self._partitions = {number: state for number, state in self._partitions.items() if number in kept}
