"""Each partition is committed on its own, and one that hangs delays no other."""

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

    async def commit(self, commit: Commit, transcripts_end: int) -> int:
        await self.free.wait()
        self.commits.append(commit)
        return transcripts_end

    async def close(self) -> None:
        self.closed = True


class BrokenWriter(Writer):
    async def commit(self, commit: Commit, transcripts_end: int) -> int:  # noqa: ARG002 - it fails whatever it is
        raise Unavailable("Unknown outcome.", "Restart.")


class Replies:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.free = asyncio.Event()
        self.free.set()

    async def send(self, replies: Sequence[AddressedReply]) -> None:
        await self.free.wait()
        self.sent += [each.reply.session_id for each in replies]

    def send_best_effort(self, replies: Sequence[AddressedReply]) -> None:  # noqa: ARG002 - none is allowed
        raise AssertionError("a commit sends no reply by best effort")


class NoDeadLetters:
    async def send(self, rejected: Iterable[RejectedRecord]) -> None:
        assert not [*rejected]


class Owner:
    """Two partitions, and a session in each."""

    def __init__(self) -> None:
        self.sessions = SessionRegistry(OPTIONS)
        self.pending = PendingCommits(self.sessions)
        self.replies = Replies()
        self.checkpointer = Checkpointer(self.pending, self.replies, NoDeadLetters(), SystemClock())
        self.writers = [Writer(), Writer()]
        self.scripts = [Script("s-0", partition=0), Script("s-1", partition=1)]

    def open(self) -> None:
        for partition, writer in enumerate(self.writers):
            self.pending.open(partition, 0, 0)
            self.checkpointer.open(partition, writer)
        self.sessions.advance([script.start() for script in self.scripts])

    def ask(self, partition: int) -> None:
        """The session's questions arrive, for which its client waits."""
        script = self.scripts[partition]
        output = self.sessions.advance([script.record(questions_asked(script.session_id, "Why?"))])
        self.pending.advance({partition: script.offset})
        assert self.pending.add(output) == ()
        self.checkpointer.request()


@pytest.fixture
async def owner() -> AsyncIterator[Owner]:
    owner = Owner()
    yield owner
    await owner.checkpointer.close()


async def soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_partition_whose_transaction_hangs_delays_no_other(owner: Owner) -> None:
    owner.writers[1].free.clear()
    owner.open()
    owner.ask(0)
    owner.ask(1)
    await soon()
    assert owner.replies.sent == ["s-0"]
    owner.writers[1].free.set()
    await soon()
    assert owner.replies.sent == ["s-0", "s-1"]


async def test_the_next_commit_waits_until_the_replies_of_the_last_are_accepted(owner: Owner) -> None:
    owner.open()
    owner.replies.free.clear()
    owner.ask(0)
    await soon()
    commits = len(owner.writers[0].commits)
    owner.sessions.advance([owner.scripts[0].frame()])
    owner.checkpointer.request()
    await soon()
    assert len(owner.writers[0].commits) == commits


@pytest.mark.usefixtures("virtual_time")
async def test_a_commit_that_is_not_urgent_waits_for_the_interval(owner: Owner) -> None:
    owner.open()
    await soon()
    before = len(owner.writers[0].commits)
    owner.sessions.advance([owner.scripts[0].frame()])
    owner.checkpointer.request()
    await asyncio.sleep(4)
    assert len(owner.writers[0].commits) == before
    await asyncio.sleep(20)
    assert len(owner.writers[0].commits) == before + 1  # And not again, for nothing has changed since.


async def test_a_commit_with_an_unknown_outcome_stops_the_service(owner: Owner) -> None:
    owner.writers[0] = BrokenWriter()
    owner.open()
    owner.ask(0)
    await soon()
    with pytest.raises(Unavailable):
        owner.checkpointer.check()


async def test_draining_commits_everything(owner: Owner) -> None:
    owner.open()
    await soon()
    owner.sessions.advance([owner.scripts[0].frame()])
    await owner.checkpointer.drain()
    assert owner.writers[0].commits[-1].offset == 0
    await owner.checkpointer.close()
    assert all(writer.closed for writer in owner.writers)
