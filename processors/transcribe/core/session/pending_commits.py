"""What each partition has yet to commit, and which replies must wait for it.

A client may see only what will not be said differently by a successor. So whatever rests on facts waits until they are
committed: finals, the summary, the answer to a resume. What shows the moment goes at once, unless it follows a reply of
its session that waits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from processors.transcribe.core.session.output import AddressedReply, Fact, Output, RejectedRecord
from processors.transcribe.core.session.registry import SessionRegistry
from schemas.replies import ReplyAddress, Resumed, Superseded
from schemas.snapshots import LastTold, StreamSnapshot
from schemas.wire import FinalMessage, Partial


@dataclass(frozen=True)
class Commit:
    """One transaction of one partition, and what the clients are told after it. `snapshots`: by session; None for one
    that needs none any more. `position`: where a successor begins to read."""

    partition: int
    position: int
    letters: tuple[RejectedRecord, ...] = ()
    facts: tuple[Fact, ...] = ()
    snapshots: Mapping[str, StreamSnapshot | None] = field(default_factory=dict)
    replies: tuple[AddressedReply, ...] = ()


@dataclass
class _PartitionBuffer:
    """One partition's. `read_to`: the next record to be read; `position`: the one last committed; `facts_to`: the end
    of the partition of `transcripts`."""

    read_to: int
    position: int
    facts_to: int
    letters: list[RejectedRecord] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    replies: list[AddressedReply] = field(default_factory=list)
    holding: Counter[str] = field(default_factory=Counter)
    """Replies of each session that wait, in the next commit or the one that is under way."""


class PendingCommits:
    """Follows the streams of the partitions that are open in it."""

    def __init__(self, streams: SessionRegistry) -> None:
        self._streams = streams
        self._pages: dict[int, _PartitionBuffer] = {}

    def open(self, partition: int, position: int, facts_to: int) -> None:
        """A partition is ours from here on."""
        self._pages[partition] = _PartitionBuffer(position, position, facts_to)

    def close(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._pages.pop(partition, None)

    def read(self, read_to: Mapping[int, int]) -> None:
        """Records before these offsets have been given to the streams."""
        for partition, offset in read_to.items():
            self._pages[partition].read_to = offset

    def note(self, output: Output) -> tuple[AddressedReply, ...]:
        """What the streams said; gives the replies that may go at once."""
        for letter in output.rejected:
            self._pages[letter.partition].letters.append(letter)
        for fact in output.facts:
            self._pages[fact.partition].facts.append(fact)
        return tuple(each for each in output.replies if not self._holds(each))

    def _holds(self, addressed: AddressedReply) -> bool:
        page, session_id = self._pages[addressed.partition], addressed.reply.session_id
        shows_the_moment = addressed.reply.message is None or isinstance(addressed.reply.message, Partial)
        if shows_the_moment and not page.holding[session_id]:
            return False
        page.replies.append(addressed)
        page.holding[session_id] += 1
        return True

    def is_pressing(self, partition: int) -> bool:
        """Whether somebody waits for the next commit."""
        page = self._pages[partition]
        return bool(page.letters or page.facts or page.replies)

    def crowded(self, limit: int) -> frozenset[int]:
        """Partitions that have so much to commit that no more should be read."""
        return frozenset(partition for partition, page in self._pages.items() if len(page.replies) >= limit)

    def take(self, partition: int, now_ms: int) -> Commit | None:
        """The partition's next commit; None if nothing has changed. One must be done before the next is taken."""
        page = self._pages[partition]
        told = _told(page.replies)
        snapshots = self._streams.snapshots(partition, told, page.facts_to, page.read_to, now_ms)
        position = self._streams.position(partition, page.read_to)
        if not (self.is_pressing(partition) or snapshots or position != page.position):
            return None
        commit = Commit(partition, position, tuple(page.letters), tuple(page.facts), snapshots, tuple(page.replies))
        page.position, page.letters, page.facts, page.replies = position, [], [], []
        return commit

    def facts_to(self, partition: int) -> int:
        """End of the partition of `transcripts`, as far as we know."""
        return self._pages[partition].facts_to

    def done(self, commit: Commit, facts_to: int) -> None:
        """It is committed, and its replies are out. `facts_to`: end of the partition of `transcripts` now."""
        page = self._pages.get(commit.partition)
        if page is not None:
            page.facts_to = facts_to
            page.holding -= Counter(each.reply.session_id for each in commit.replies)


def _told(replies: Iterable[AddressedReply]) -> dict[str, LastTold]:
    """What each session's client is told by these replies, as a successor may have to tell it again."""
    by_session: defaultdict[str, list[AddressedReply]] = defaultdict(list)
    for each in replies:
        by_session[each.reply.session_id].append(each)
    return {session_id: _told_to_one(said) for session_id, said in by_session.items()}


def _told_to_one(said: Iterable[AddressedReply]) -> LastTold:
    finals: list[int] = []
    superseded: list[ReplyAddress] = []
    resumed = False
    for each in said:
        match each.reply.message:
            case FinalMessage(number=number):
                finals.append(number)
            case Resumed():
                resumed = True
            case Superseded():
                superseded.append(ReplyAddress(conn=each.reply.conn, reply_to=each.reply_to))
    return LastTold(from_final=min(finals, default=None), resumed=resumed, superseded=tuple(superseded))
