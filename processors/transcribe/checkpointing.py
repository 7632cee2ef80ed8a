"""Commits each owned partition at its own pace: when there is something that a client or another stage waits for, else
every few seconds. A partition whose transaction hangs holds up no other."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

from infra.clock import Clock
from infra.telemetry import get_logger
from processors.transcribe.core.session.output import AddressedReply, RejectedRecord
from processors.transcribe.core.session.pending_commits import PendingCommits
from processors.transcribe.ports import Fenced, PartitionWriter

_LOG = get_logger(__name__)
_EVERY_S = 5.0
"""The longest that a partition goes without a commit if it has changed: so much audio is read again by a successor,
at most."""
_HANDED_ON_S = 3.0
"""Within this time the group says so if it has moved a partition. If it does not, we are the ones who are gone."""

_UNDOING_S = 2.0


class Replies(Protocol):
    async def tell(self, replies: Sequence[AddressedReply]) -> None:
        """Returns once the broker holds them all, in this order."""
        ...

    async def bury(self, letters: Iterable[RejectedRecord]) -> None:
        """Returns once the broker holds them all."""
        ...


class _PartitionCheckpointer:
    """One partition's. `task` ends when the partition is left, or fails."""

    def __init__(self, writer: PartitionWriter) -> None:
        self.writer = writer
        self.pressing = asyncio.Event()
        self.leaving = False
        self.task: asyncio.Task[None] | None = None


class Checkpointer:
    """The partitions that are ours to commit."""

    def __init__(self, ledger: PendingCommits, replies: Replies, clock: Clock) -> None:
        self._ledger = ledger
        self._replies = replies
        self._clock = clock
        self._desks: dict[int, _PartitionCheckpointer] = {}

    def open(self, partition: int, writer: PartitionWriter) -> None:
        """Begin to commit a partition, which is open in the ledger."""
        desk = _PartitionCheckpointer(writer)
        desk.task = asyncio.create_task(self._keep(partition, desk), name=f"commit-{partition}")
        self._desks[partition] = desk
        self.press()

    def press(self) -> None:
        """The ledger has been written in: what somebody waits for is committed now."""
        for partition, desk in self._desks.items():
            if self._ledger.is_pressing(partition):
                desk.pressing.set()

    def check(self) -> None:
        """Raises what a partition's commit has failed with: Fenced, Unavailable."""
        for desk in self._desks.values():
            if desk.task is not None and desk.task.done():
                desk.task.result()

    async def abandon(self, partitions: Iterable[int]) -> None:
        """These partitions are another's now, who goes on from their last commits."""
        desks = [self._desks.pop(partition) for partition in partitions if partition in self._desks]
        await asyncio.gather(*(_stopped(desk) for desk in desks))

    async def leave(self) -> None:
        """Commit all there is. Raises what a commit failed with."""
        for desk in self._desks.values():
            desk.leaving = True
            desk.pressing.set()
        await asyncio.gather(*(desk.task for desk in self._desks.values() if desk.task is not None))

    async def close(self) -> None:
        """Stop as it is."""
        await self.abandon([*self._desks])

    async def _keep(self, partition: int, desk: _PartitionCheckpointer) -> None:
        while True:
            is_last = desk.leaving
            await self._commit(partition, desk)
            if is_last:
                return
            try:
                async with asyncio.timeout(_EVERY_S):
                    await desk.pressing.wait()
            except TimeoutError:
                pass
            desk.pressing.clear()

    async def _commit(self, partition: int, desk: _PartitionCheckpointer) -> None:
        commit = self._ledger.take(partition, self._clock.now_ms())
        if commit is None:
            return
        await self._replies.bury(commit.letters)
        try:
            facts_to = await desk.writer.commit(commit, self._ledger.facts_to(partition))
        except Fenced:
            _LOG.warning("partition has another owner", partition=partition)
            # Nothing of it goes out any more. If the group has moved it, this task is cancelled here.
            await asyncio.sleep(_HANDED_ON_S)
            raise
        await self._replies.tell(commit.replies)
        self._ledger.done(commit, facts_to)


async def _stopped(desk: _PartitionCheckpointer) -> None:
    """End a desk that may be in the middle of a transaction: what it began is undone, by us, by the next owner, or in
    time by the broker."""
    if desk.task is not None:
        desk.task.cancel()
        await asyncio.wait([desk.task], timeout=_UNDOING_S)
        if desk.task.done() and not desk.task.cancelled() and (error := desk.task.exception()) is not None:
            _LOG.warning("a commit ended with its partition", error=type(error).__name__)
    try:
        async with asyncio.timeout(_UNDOING_S):
            await desk.writer.close()
    except TimeoutError:
        _LOG.warning("a producer could not be closed in time")
