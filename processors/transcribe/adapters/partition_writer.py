"""One owned partition's transactions: finals, counts, snapshots and the offset, all of them or none.

A transactional producer is fenced when another one with the same id starts. That is how a partition's next owner makes
sure that this one writes nothing more; aiokafka reports it only at the next transaction."""

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
from processors.transcribe.settings import STAGE
from schemas.counts import WordsCounted
from schemas.snapshots import TranscriptionSnapshot
from schemas.topics import Topic

_TRANSACTION_S = 30.0
"""Longer than a broker needs to restart. By then it has aborted the transaction itself."""


class KafkaPartitionWriter:
    """Writes one commit at a time. It must not be used after a failure: whether that commit was committed can only be
    found out by reading, as the next owner does."""

    def __init__(self, settings: KafkaSettings, partition: int) -> None:
        self._settings = settings
        self._partition = partition
        self._producer: AIOKafkaProducer = make_transactional_producer(settings, f"{settings.group(STAGE)}.{partition}")

    async def start(self) -> None:
        """From here on, no previous owner of the partition can commit anything; its open transaction is aborted. Raises
        KafkaError, TimeoutError."""
        async with asyncio.timeout(_TRANSACTION_S):
            await self._producer.start()

    async def close(self) -> None:
        await self._producer.stop()

    async def commit(self, commit: Commit, transcripts_end: int) -> int:
        """Returns once the transaction is committed, with the new end of the partition of `transcripts`, which was
        `transcripts_end`. Raises Fenced if the partition has another owner by now, Unavailable if it is unknown whether
        the transaction was committed."""
        try:
            async with asyncio.timeout(_TRANSACTION_S):
                return await self._transact(commit, transcripts_end)
        except ProducerFenced as error:
            raise Fenced(self._partition) from error
        except (KafkaError, TimeoutError) as error:
            raise Unavailable(
                f"A transaction of partition {self._partition} failed ({type(error).__name__}).",
                "The process restarts and continues where the last transaction ended.",
            ) from error

    async def _transact(self, commit: Commit, transcripts_end: int) -> int:
        async with self._producer.transaction():
            sent = [await self._send_fact(fact) for fact in commit.facts]
            sent += [await self._send_snapshot(*each) for each in commit.snapshots.items()]
            offsets = {TopicPartition(self._settings.topic(Topic.AUDIO_FRAMES), self._partition): commit.offset}
            await self._producer.send_offsets_to_transaction(offsets, self._settings.group(STAGE))
            written = await asyncio.gather(*sent)
        topic = self._settings.topic(Topic.TRANSCRIPTS)
        ends: list[int] = [each.offset + 1 for each in written if each.topic == topic]
        return max([transcripts_end, *ends])

    async def _send_fact(self, fact: Fact) -> Awaitable[RecordMetadata]:
        event = fact.event
        if isinstance(event, WordsCounted):
            topic, key, partition = Topic.WORD_COUNTS, event.user_id, None
        else:
            topic, key, partition = Topic.TRANSCRIPTS, event.session_id, self._partition
        accepted: asyncio.Future[RecordMetadata] = await self._producer.send(
            self._settings.topic(topic), event.encode(), key=key.encode(), partition=partition
        )
        return _failure_observed(accepted)

    async def _send_snapshot(
        self, session_id: str, snapshot: TranscriptionSnapshot | None
    ) -> Awaitable[RecordMetadata]:
        value = snapshot.encode() if snapshot else None
        topic = self._settings.topic(Topic.TRANSCRIBE_STATE)
        accepted: asyncio.Future[RecordMetadata] = await self._producer.send(
            topic, value, key=session_id.encode(), partition=self._partition
        )
        return _failure_observed(accepted)


def _failure_observed(accepted: asyncio.Future[RecordMetadata]) -> Awaitable[RecordMetadata]:
    """If the transaction fails before this is awaited, its failure has been raised already: asyncio need not report it
    as an exception that was never retrieved."""
    accepted.add_done_callback(lambda each: each.cancelled() or each.exception())
    return accepted
