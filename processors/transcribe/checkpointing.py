"""Commits each owned partition on its own: at once if a client or another stage waits for it, otherwise every few
seconds. A partition whose transaction hangs delays no other."""

import asyncio
from collections.abc import Iterable

from infra.clock import Clock
from infra.telemetry import get_logger
from processors.transcribe.core.session.pending_commits import PendingCommits
from processors.transcribe.ports import DeadLetterPublisher, Fenced, PartitionWriter, ReplyPublisher

_LOG = get_logger(__name__)
_INTERVAL_S = 5.0
"""The longest that a changed partition goes without a commit: its next owner reads at most this much audio again."""
_REASSIGNED_S = 3.0
"""If the group has moved a fenced partition, it says so within this time. If it does not, this process is the one that
must stop."""
_ABORT_S = 2.0


class _PartitionCheckpointer:
    """One partition. `task` ends when the partition is drained, or fails."""

    def __init__(self, writer: PartitionWriter) -> None:
        self.writer = writer
        self.requested = asyncio.Event()
        self.draining = False
        self.task: asyncio.Task[None] | None = None


class Checkpointer:
    """The partitions that this transcriber commits."""

    def __init__(
        self, pending: PendingCommits, replies: ReplyPublisher, dead_letters: DeadLetterPublisher, clock: Clock
    ) -> None:
        self._pending = pending
        self._replies = replies
        self._dead_letters = dead_letters
        self._clock = clock
        self._partitions: dict[int, _PartitionCheckpointer] = {}

    def open(self, partition: int, writer: PartitionWriter) -> None:
        """Begin to commit a partition, which is open in the pending commits."""
        checkpointer = _PartitionCheckpointer(writer)
        checkpointer.task = asyncio.create_task(self._run(partition, checkpointer), name=f"commit-{partition}")
        self._partitions[partition] = checkpointer
        self.request()

    def request(self) -> None:
        """There are new pending commits: those that are urgent are committed now."""
        for partition, checkpointer in self._partitions.items():
            if self._pending.is_urgent(partition):
                checkpointer.requested.set()

    def check(self) -> None:
        """Raises what a partition's commit has failed with: Fenced, Unavailable."""
        for checkpointer in self._partitions.values():
            if checkpointer.task is not None and checkpointer.task.done():
                checkpointer.task.result()

    async def revoke(self, partitions: Iterable[int]) -> None:
        """Stop committing these partitions. Their new owner continues from their last commits."""
        revoked = [self._partitions.pop(partition) for partition in partitions if partition in self._partitions]
        await asyncio.gather(*(_stop(checkpointer) for checkpointer in revoked))

    async def drain(self) -> None:
        """Commit everything. Raises what a commit failed with."""
        for checkpointer in self._partitions.values():
            checkpointer.draining = True
            checkpointer.requested.set()
        await asyncio.gather(*(each.task for each in self._partitions.values() if each.task is not None))

    async def close(self) -> None:
        """Stop without committing anything more."""
        await self.revoke([*self._partitions])

    async def _run(self, partition: int, checkpointer: _PartitionCheckpointer) -> None:
        while True:
            is_last = checkpointer.draining
            await self._commit(partition, checkpointer)
            if is_last:
                return
            try:
                async with asyncio.timeout(_INTERVAL_S):
                    await checkpointer.requested.wait()
            except TimeoutError:
                pass
            checkpointer.requested.clear()

    async def _commit(self, partition: int, checkpointer: _PartitionCheckpointer) -> None:
        commit = self._pending.take(partition, self._clock.now_ms())
        if commit is None:
            return
        await self._dead_letters.send(commit.dead_letters)
        try:
            transcripts_end = await checkpointer.writer.commit(commit, self._pending.transcripts_end(partition))
        except Fenced:
            _LOG.warning("partition fenced: it has another owner", partition=partition)
            # No reply of this commit is sent. If the group has moved the partition, this task is cancelled here.
            await asyncio.sleep(_REASSIGNED_S)
            raise
        await self._replies.send(commit.replies)
        self._pending.acknowledge(commit, transcripts_end)


async def _stop(checkpointer: _PartitionCheckpointer) -> None:
    """Stop in the middle of whatever it does. A transaction in progress is aborted here, by the next owner, or in time
    by the broker."""
    if checkpointer.task is not None:
        checkpointer.task.cancel()
        await asyncio.wait([checkpointer.task], timeout=_ABORT_S)
        if checkpointer.task.done() and not checkpointer.task.cancelled():
            error = checkpointer.task.exception()
            if error is not None:
                _LOG.warning("commit failed while its partition was revoked", error=type(error).__name__)
    try:
        async with asyncio.timeout(_ABORT_S):
            await checkpointer.writer.close()
    except TimeoutError:
        _LOG.warning("transactional producer not closed in time")
