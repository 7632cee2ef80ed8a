"""What the transcriber needs of the world."""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from infra.errors import RostrumError
from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.idle_sessions import OpenSession
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import AddressedReply, RejectedRecord
from processors.transcribe.core.session.pending_commits import Commit
from processors.transcribe.core.session.recovery import SessionRecovery


@dataclass(frozen=True)
class RecordBatch:
    """The records of one read, and how the assignment of partitions has changed since the read before."""

    records: tuple[SessionLogRecord, ...] = ()
    dead_letters: tuple[RejectedRecord, ...] = ()
    revoked: frozenset[int] = frozenset()
    """Partitions that went to another transcriber."""
    assigned: frozenset[int] = frozenset()
    """Partitions that this transcriber owns now and that have not been sought yet. One is in both sets if another
    transcriber owned it in between."""
    next_offsets: Mapping[int, int] = field(default_factory=dict)
    """The next offset of each partition that is being read."""
    ends_seen_ms: Mapping[int, int] = field(default_factory=dict)
    """For each partition that has been read to its end, when that end was seen, in Unix time."""


class SessionLogReader(Protocol):
    """The partitions of `audio.frames` that are assigned to this transcriber."""

    async def read(self, wait_ms: int, paused: Set[int]) -> RecordBatch:
        """The next records, each once while its partition is assigned; none of the paused partitions."""
        ...

    def seek(self, partition: int, offset: int) -> None:
        """Read a newly assigned partition from here on."""
        ...


class VoiceActivityDetector(Protocol):
    async def detect(self, inputs: Sequence[VadInput]) -> Sequence[VadOutput]:
        """One output per input, in order, without blocking the event loop."""
        ...


class Recogniser(Protocol):
    @property
    def workers(self) -> int:
        """Batches that are recognised at the same time."""
        ...

    @property
    def max_batch_size(self) -> int:
        """Most windows of a batch."""
        ...

    def batch_key(self, window: Window) -> Hashable:
        """Windows with the same key may share a batch."""
        ...

    async def recognise(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        """One hypothesis per window, in order, without blocking the event loop."""
        ...


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
    """Commits one owned partition, each commit in a transaction."""

    async def commit(self, commit: Commit, transcripts_end: int) -> int:
        """Returns once the transaction is committed, with the new end of the partition of `transcripts`, which was
        `transcripts_end`. Raises Fenced if the partition has another owner by now, Unavailable if it is unknown whether
        the transaction was committed."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class RecoveredPartition:
    """What a newly assigned partition's previous owners have committed, and the right to commit."""

    partition: int
    offset: int
    """Where to begin to read."""
    sessions: tuple[SessionRecovery, ...]
    transcripts_end: int
    """The end of the partition of `transcripts`."""
    writer: PartitionWriter


class PartitionRecovery(Protocol):
    async def recover(self, partitions: Set[int]) -> Sequence[RecoveredPartition]:
        """Once it returns, no previous owner can commit anything. Raises Unavailable if a step fails."""
        ...


class ReplyPublisher(Protocol):
    async def send(self, replies: Sequence[AddressedReply]) -> None:
        """Returns once the broker holds them all, in this order."""
        ...

    def send_best_effort(self, replies: Sequence[AddressedReply]) -> None:
        """Replies that are soon outdated: they are sent when possible, and dropped if not."""
        ...


class DeadLetterPublisher(Protocol):
    async def send(self, rejected: Iterable[RejectedRecord]) -> None:
        """Returns once the broker holds them all."""
        ...


class SessionEnder(Protocol):
    async def end(self, session: OpenSession) -> None:
        """End a session whose client is gone, by a record in its log."""
        ...
