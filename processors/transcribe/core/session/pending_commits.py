"""What each partition has yet to commit, and which replies must wait for that commit.

A client may see only what the partition's next owner would not publish differently. So whatever rests on facts waits
until they are committed: finals, the summary, the answer to a resume. Partials and progress are sent at once, unless
they follow a reply of their session that waits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from processors.transcribe.core.session.output import AddressedReply, Fact, Output, RejectedRecord
from processors.transcribe.core.session.registry import SessionRegistry
from schemas.replies import ReplyAddress, Resumed, Superseded
from schemas.snapshots import Redelivery, TranscriptionSnapshot
from schemas.wire import FinalMessage, Partial


@dataclass(frozen=True)
class Commit:
    """One transaction of one partition, and the replies that are sent after it."""

    partition: int
    offset: int
    """Where the next owner begins to read."""
    dead_letters: tuple[RejectedRecord, ...] = ()
    facts: tuple[Fact, ...] = ()
    snapshots: Mapping[str, TranscriptionSnapshot | None] = field(default_factory=dict)
    """By session; None deletes a snapshot that is no longer needed."""
    replies: tuple[AddressedReply, ...] = ()


@dataclass
class _PartitionBuffer:
    next_offset: int
    """The next record to be read."""
    committed_offset: int
    transcripts_end: int
    """The end of the partition of `transcripts`."""
    dead_letters: list[RejectedRecord] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    replies: list[AddressedReply] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)
    """How many replies of each session wait for the next commit or the one in progress."""


class PendingCommits:
    """Collects what the sessions of the open partitions publish."""

    def __init__(self, sessions: SessionRegistry) -> None:
        self._sessions = sessions
        self._partitions: dict[int, _PartitionBuffer] = {}

    def open(self, partition: int, offset: int, transcripts_end: int) -> None:
        """This transcriber owns the partition from now on, and reads it from this offset."""
        self._partitions[partition] = _PartitionBuffer(offset, offset, transcripts_end)

    def close(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._partitions.pop(partition, None)

    def advance(self, next_offsets: Mapping[int, int]) -> None:
        """Records before these offsets have been given to the sessions."""
        for partition, offset in next_offsets.items():
            self._partitions[partition].next_offset = offset

    def add(self, output: Output) -> tuple[AddressedReply, ...]:
        """What the sessions publish; returns the replies that may be sent at once."""
        for letter in output.dead_letters:
            self._partitions[letter.partition].dead_letters.append(letter)
        for fact in output.facts:
            self._partitions[fact.partition].facts.append(fact)
        return tuple(each for each in output.replies if not self._waits(each))

    def _waits(self, addressed: AddressedReply) -> bool:
        buffer, session_id = self._partitions[addressed.partition], addressed.reply.session_id
        is_transient = addressed.reply.message is None or isinstance(addressed.reply.message, Partial)
        if is_transient and not buffer.waiting[session_id]:
            return False
        buffer.replies.append(addressed)
        buffer.waiting[session_id] += 1
        return True

    def is_urgent(self, partition: int) -> bool:
        """Whether a client or another stage waits for the next commit."""
        buffer = self._partitions[partition]
        return bool(buffer.dead_letters or buffer.facts or buffer.replies)

    def backlogged(self, limit: int) -> frozenset[int]:
        """Partitions with at least this many replies that wait for a commit."""
        return frozenset(partition for partition, buffer in self._partitions.items() if len(buffer.replies) >= limit)

    def take(self, partition: int, now_ms: int) -> Commit | None:
        """The partition's next commit; None if nothing has changed. It must be acknowledged before the next is
        taken."""
        buffer = self._partitions[partition]
        redeliveries = _redeliveries(buffer.replies)
        snapshots = self._sessions.snapshots(
            partition, redeliveries, buffer.transcripts_end, buffer.next_offset, now_ms
        )
        offset = self._sessions.offset_to_commit(partition, buffer.next_offset)
        if not (self.is_urgent(partition) or snapshots or offset != buffer.committed_offset):
            return None
        commit = Commit(
            partition, offset, tuple(buffer.dead_letters), tuple(buffer.facts), snapshots, tuple(buffer.replies)
        )
        buffer.committed_offset, buffer.dead_letters, buffer.facts, buffer.replies = offset, [], [], []
        return commit

    def transcripts_end(self, partition: int) -> int:
        """The end of the partition of `transcripts`, after the last acknowledged commit."""
        return self._partitions[partition].transcripts_end

    def acknowledge(self, commit: Commit, transcripts_end: int) -> None:
        """It is committed, and its replies are sent. `transcripts_end`: end of the partition of `transcripts` now."""
        buffer = self._partitions.get(commit.partition)
        if buffer is not None:
            buffer.transcripts_end = transcripts_end
            buffer.waiting -= Counter(each.reply.session_id for each in commit.replies)


def _redeliveries(replies: Iterable[AddressedReply]) -> dict[str, Redelivery]:
    """These replies by session, as the partition's next owner may have to send them again."""
    by_session: defaultdict[str, list[AddressedReply]] = defaultdict(list)
    for each in replies:
        by_session[each.reply.session_id].append(each)
    return {session_id: _redelivery(sent) for session_id, sent in by_session.items()}


def _redelivery(replies: Iterable[AddressedReply]) -> Redelivery:
    finals: list[int] = []
    superseded: list[ReplyAddress] = []
    resumed = False
    for each in replies:
        match each.reply.message:
            case FinalMessage(number=number):
                finals.append(number)
            case Resumed():
                resumed = True
            case Superseded():
                superseded.append(ReplyAddress(conn=each.reply.conn, reply_to=each.reply_to))
    return Redelivery(from_final=min(finals, default=None), resumed=resumed, superseded=tuple(superseded))
