"""One owned partition's transactions: finals, counts, snapshots and the offset, all of them or none.

aiokafka's producer of transactions is fenced when another one with the same id is started, which is how a successor
makes sure that we write no more; it is told so only at its next transaction."""

import asyncio
from collections.abc import Awaitable

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import RecordMetadata

from infra.errors import Unavailable
from infra.kafka.clients import make_transactional_producer
from infra.kafka.settings import KafkaSettings
from processors.transcribe.core.session.output import Fact
from processors.transcribe.core.session.pending_commits import Commit
from processors.transcribe.ports import Fenced
from schemas.counts import WordsCounted
from schemas.snapshots import StreamSnapshot
from schemas.topics import Topic

_STAGE = "transcribe"
_TRANSACTION_S = 30.0
"""Longer than a broker needs to come back. By then the transaction has timed out there."""


class KafkaPartitionWriter:
    """Writes commits one at a time. After a failure it is of no more use: whether the commit stands can be known only
    by reading, as a successor does."""

    def __init__(self, settings: KafkaSettings, partition: int) -> None:
        self._settings = settings
        self._partition = partition
        self._producer: AIOKafkaProducer = make_transactional_producer(
            settings, f"{settings.group(_STAGE)}.{partition}"
        )

    async def start(self) -> None:
        """From here on, no earlier owner of the partition can commit anything; what it had begun is undone. Raises
        KafkaError, TimeoutError."""
        async with asyncio.timeout(_TRANSACTION_S):
            await self._producer.start()

    async def close(self) -> None:
        await self._producer.stop()

    async def commit(self, commit: Commit, facts_to: int) -> int:
        """Returns once all of it stands; gives the end of the partition of `transcripts`, which was `facts_to`. Raises
        Fenced if the partition has another owner by now, Unavailable if it cannot be known whether it stands."""
        try:
            async with asyncio.timeout(_TRANSACTION_S):
                return await self._transact(commit, facts_to)
        except ProducerFenced as error:
            raise Fenced(self._partition) from error
        except (KafkaError, TimeoutError) as error:
            raise Unavailable(
                f"A transaction of partition {self._partition} failed ({type(error).__name__}).",
                "The process starts anew and goes on where the last transaction ended.",
            ) from error

    async def _transact(self, commit: Commit, facts_to: int) -> int:
        async with self._producer.transaction():
            sent = [await self._send_fact(fact) for fact in commit.facts]
            sent += [await self._send_snapshot(*each) for each in commit.snapshots.items()]
            offsets = {TopicPartition(self._settings.topic(Topic.AUDIO_FRAMES), self._partition): commit.position}
            await self._producer.send_offsets_to_transaction(offsets, self._settings.group(_STAGE))
            written = await asyncio.gather(*sent)
        topic = self._settings.topic(Topic.TRANSCRIPTS)
        ends: list[int] = [each.offset + 1 for each in written if each.topic == topic]
        return max([facts_to, *ends])

    async def _send_fact(self, fact: Fact) -> Awaitable[RecordMetadata]:
        event = fact.event
        if isinstance(event, WordsCounted):
            topic, key, partition = Topic.WORD_COUNTS, event.user_id, None
        else:
            topic, key, partition = Topic.TRANSCRIPTS, event.session_id, self._partition
        accepted: asyncio.Future[RecordMetadata] = await self._producer.send(
            self._settings.topic(topic), event.encode(), key=key.encode(), partition=partition
        )
        return _heeded(accepted)

    async def _send_snapshot(self, session_id: str, snapshot: StreamSnapshot | None) -> Awaitable[RecordMetadata]:
        value = snapshot.encode() if snapshot else None
        topic = self._settings.topic(Topic.TRANSCRIBE_STATE)
        accepted: asyncio.Future[RecordMetadata] = await self._producer.send(
            topic, value, key=session_id.encode(), partition=self._partition
        )
        return _heeded(accepted)


def _heeded(accepted: asyncio.Future[RecordMetadata]) -> Awaitable[RecordMetadata]:
    """When the transaction fails before it is waited for, its failure has been raised already: asyncio need not
    complain of it once more."""
    accepted.add_done_callback(lambda each: each.cancelled() or each.exception())
    return accepted
