"""What it means to own a partition: everything that its owner before has left, and the right to commit."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from infra.errors import RostrumError
from processors.transcribe.core.session.pending_commits import Commit
from processors.transcribe.core.session.recovery import SessionRecovery


class Fenced(RostrumError):
    """Another process has taken this partition over; nothing more can be committed here."""

    def __init__(self, partition: int) -> None:
        super().__init__(
            f"Partition {partition} was taken over by another transcriber.",
            "If the group did not move it, two processes have the same TRANSCRIBE_GROUP_INSTANCE_ID, or this one was "
            "suspended.",
        )
        self.partition = partition


class PartitionWriter(Protocol):
    async def commit(self, commit: Commit, facts_to: int) -> int:
        """Returns once all of it stands; gives the end of the partition of `transcripts`, which was `facts_to`. Raises
        Fenced if the partition has another owner by now, Unavailable if it cannot be known whether it stands."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class RecoveredPartition:
    """`position`: where to begin in the log. `facts_to`: the end of the partition of `transcripts`."""

    partition: int
    position: int
    recoveries: tuple[SessionRecovery, ...]
    facts_to: int
    writer: PartitionWriter


class PartitionRecovery(Protocol):
    async def take_over(self, partitions: Set[int]) -> Sequence[RecoveredPartition]:
        """No earlier owner can commit anything once it has begun. Raises Unavailable if a step fails."""
        ...
