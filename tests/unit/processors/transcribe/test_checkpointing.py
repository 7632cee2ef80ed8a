"""Each partition is committed at its own pace, and one that hangs holds up no other."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest

from infra.clock import SystemClock
from infra.errors import Unavailable
from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.session.output import AddressedReply, RejectedRecord
from processors.transcribe.core.session.pending_commits import Commit, PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from tests.support.transcribe.core_values import OPTIONS, Script
from tests.support.transcribe.session_records import questions_asked


class Writer:
    """Keeps its commits; hangs while `free` is not set."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []
        self.free = asyncio.Event()
        self.free.set()
        self.closed = False

    async def commit(self, commit: Commit, facts_to: int) -> int:
        await self.free.wait()
        self.commits.append(commit)
        return facts_to

    async def close(self) -> None:
        self.closed = True


class BrokenWriter(Writer):
    async def commit(self, commit: Commit, facts_to: int) -> int:  # noqa: ARG002 - it fails whatever it is
        raise Unavailable("Nobody knows.", "Start anew.")


class Replies:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.free = asyncio.Event()
        self.free.set()

    async def tell(self, replies: Sequence[AddressedReply]) -> None:
        await self.free.wait()
        self.told += [each.reply.session_id for each in replies]

    async def bury(self, letters: Iterable[RejectedRecord]) -> None:
        assert not [*letters]


class Owner:
    """Two partitions, and a session in each."""

    def __init__(self) -> None:
        self.streams = SessionRegistry(OPTIONS)
        self.ledger = PendingCommits(self.streams)
        self.replies = Replies()
        self.committing = Checkpointer(self.ledger, self.replies, SystemClock())
        self.writers = [Writer(), Writer()]
        self.scripts = [Script("s-0", partition=0), Script("s-1", partition=1)]

    def open(self) -> None:
        for partition, writer in enumerate(self.writers):
            self.ledger.open(partition, 0, 0)
            self.committing.open(partition, writer)
        self.streams.advance([script.start() for script in self.scripts])

    def ask(self, partition: int) -> None:
        """The session's questions come, which its client waits for."""
        script = self.scripts[partition]
        output = self.streams.advance([script.record(questions_asked(script.session_id, "Why?"))])
        self.ledger.read({partition: script.offset})
        assert self.ledger.note(output) == ()
        self.committing.press()


@pytest.fixture
async def owner() -> AsyncIterator[Owner]:
    owner = Owner()
    yield owner
    await owner.committing.close()


async def soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_partition_whose_transaction_hangs_holds_up_no_other(owner: Owner) -> None:
    owner.writers[1].free.clear()
    owner.open()
    owner.ask(0)
    owner.ask(1)
    await soon()
    assert owner.replies.told == ["s-0"]
    owner.writers[1].free.set()
    await soon()
    assert owner.replies.told == ["s-0", "s-1"]


async def test_the_next_commit_waits_until_the_replies_of_the_last_are_accepted(owner: Owner) -> None:
    owner.open()
    owner.replies.free.clear()
    owner.ask(0)
    await soon()
    commits = len(owner.writers[0].commits)
    owner.streams.advance([owner.scripts[0].frame()])
    owner.committing.press()
    await soon()
    assert len(owner.writers[0].commits) == commits


@pytest.mark.usefixtures("virtual_time")
async def test_what_nobody_waits_for_is_committed_after_a_while(owner: Owner) -> None:
    owner.open()
    await soon()
    before = len(owner.writers[0].commits)
    owner.streams.advance([owner.scripts[0].frame()])
    owner.committing.press()
    await asyncio.sleep(4)
    assert len(owner.writers[0].commits) == before
    await asyncio.sleep(20)
    assert len(owner.writers[0].commits) == before + 1  # And not again, for nothing has changed since.


async def test_a_commit_of_unknown_outcome_ends_the_work(owner: Owner) -> None:
    owner.writers[0] = BrokenWriter()
    owner.open()
    owner.ask(0)
    await soon()
    with pytest.raises(Unavailable):
        owner.committing.check()


async def test_leaving_commits_what_there_is(owner: Owner) -> None:
    owner.open()
    await soon()
    owner.streams.advance([owner.scripts[0].frame()])
    await owner.committing.leave()
    assert owner.writers[0].commits[-1].position == 0
    await owner.committing.close()
    assert all(writer.closed for writer in owner.writers)
