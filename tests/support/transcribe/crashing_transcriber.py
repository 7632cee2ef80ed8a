"""A transcriber that kills itself, as `kill -9` would, at a named point of one of its transactions.

    DIES_AT=before_commit DIES_IN=2 python -m tests.support.transcribe.crashing_transcriber

It is the real stage but for that: of all transactions with finals in them, that of the number `DIES_IN` is its last."""

import os
import signal
from enum import StrEnum

from infra.kafka.settings import KafkaSettings
from processors.transcribe import __main__ as stage
from processors.transcribe.adapters import partition_recovery
from processors.transcribe.adapters.partition_writer import KafkaPartitionWriter
from processors.transcribe.core.session.pending_commits import Commit


class Moment(StrEnum):
    """`BEFORE_COMMIT`: the broker holds every record and the offset, and has not been asked to commit them.
    `BEFORE_REPLIES`: it has committed, and no client knows."""

    BEFORE_COMMIT = "before_commit"
    BEFORE_REPLIES = "before_replies"


class Doom:
    def __init__(self, moment: Moment, number: int) -> None:
        self._moment = moment
        self._left = number

    def transaction_with_finals(self) -> bool:
        """Counts one; whether it is the last."""
        self._left -= 1
        return self._left == 0

    def reached(self, moment: Moment) -> None:
        if moment is self._moment:
            os.kill(os.getpid(), signal.SIGKILL)


class DoomedWriter(KafkaPartitionWriter):
    doom: Doom

    def __init__(self, settings: KafkaSettings, partition: int) -> None:
        super().__init__(settings, partition)
        self._is_last = False
        self._really_commit = self._producer.commit_transaction
        self._producer.commit_transaction = self._commit_transaction

    async def commit(self, commit: Commit, transcripts_end: int) -> int:
        self._is_last = bool(commit.facts) and self.doom.transaction_with_finals()
        return await super().commit(commit, transcripts_end)

    async def _commit_transaction(self) -> None:
        if self._is_last:
            self.doom.reached(Moment.BEFORE_COMMIT)
        await self._really_commit()
        if self._is_last:
            self.doom.reached(Moment.BEFORE_REPLIES)


def main() -> None:
    DoomedWriter.doom = Doom(Moment(os.environ["DIES_AT"]), int(os.environ["DIES_IN"]))
    # The stage knows of no other writer.
    vars(partition_recovery)[KafkaPartitionWriter.__name__] = DoomedWriter
    stage.main()


if __name__ == "__main__":
    main()
