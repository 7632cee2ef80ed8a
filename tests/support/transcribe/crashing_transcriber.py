"""A transcriber that kills itself, as `kill -9` would, at a named point of one of its transactions.

    CRASH_AT=before_commit CRASH_IN=2 python -m tests.support.transcribe.crashing_transcriber

Otherwise it is the real stage. Of all transactions with finals, the one with the number `CRASH_IN` is its last."""

import os
import signal
from enum import StrEnum

from infra.kafka.settings import KafkaSettings
from processors.transcribe import __main__ as stage
from processors.transcribe.adapters import partition_recovery
from processors.transcribe.adapters.partition_writer import KafkaPartitionWriter
from processors.transcribe.core.session.pending_commits import Commit


class CrashPoint(StrEnum):
    BEFORE_COMMIT = "before_commit"
    """The broker holds every record and the offset, and has not been asked to commit them."""
    BEFORE_REPLIES = "before_replies"
    """It has committed, and no reply has been sent."""


class Crash:
    def __init__(self, point: CrashPoint, number: int) -> None:
        self._moment = point
        self._left = number

    def transaction_with_finals(self) -> bool:
        """Counts one; returns whether it is the last."""
        self._left -= 1
        return self._left == 0

    def reached(self, point: CrashPoint) -> None:
        if point is self._moment:
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingWriter(KafkaPartitionWriter):
    crash: Crash

    def __init__(self, settings: KafkaSettings, partition: int) -> None:
        super().__init__(settings, partition)
        self._is_last = False
        self._really_commit = self._producer.commit_transaction
        self._producer.commit_transaction = self._commit_transaction

    async def commit(self, commit: Commit, transcripts_end: int) -> int:
        self._is_last = bool(commit.facts) and self.crash.transaction_with_finals()
        return await super().commit(commit, transcripts_end)

    async def _commit_transaction(self) -> None:
        if self._is_last:
            self.crash.reached(CrashPoint.BEFORE_COMMIT)
        await self._really_commit()
        if self._is_last:
            self.crash.reached(CrashPoint.BEFORE_REPLIES)


def main() -> None:
    CrashingWriter.crash = Crash(CrashPoint(os.environ["CRASH_AT"]), int(os.environ["CRASH_IN"]))
    # The stage has no other way to be given a writer.
    vars(partition_recovery)[KafkaPartitionWriter.__name__] = CrashingWriter
    stage.main()


if __name__ == "__main__":
    main()
