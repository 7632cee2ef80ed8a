"""Recovery of newly assigned partitions, in the order that makes it safe: first the transactional producer, which ends
the previous owner's open transaction; then the committed offset, which that transaction could still have moved; then
the snapshots and the finals.

aiokafka returns records, and delays heartbeats, while its rebalance listener runs: so this is not done there."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from infra.errors import Unavailable
from infra.kafka.clients import make_admin, make_consumer
from infra.kafka.ranges import read_range
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters.partition_writer import KafkaPartitionWriter
from processors.transcribe.core.session.recovery import SessionRecovery
from processors.transcribe.ports import RecoveredPartition
from processors.transcribe.settings import STAGE
from schemas.snapshots import TranscriptionSnapshot
from schemas.topics import Topic, parse_event
from schemas.transcripts import Final, TranscriptFinal

_READ_S = 30.0


class KafkaPartitionRecovery:
    """Recovers several partitions at once."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def recover(self, partitions: Set[int]) -> Sequence[RecoveredPartition]:
        """Once it returns, no previous owner can commit anything. Raises Unavailable if a step fails."""
        writers = {partition: KafkaPartitionWriter(self._settings, partition) for partition in partitions}
        try:
            await asyncio.gather(*(writer.start() for writer in writers.values()))
            async with asyncio.timeout(_READ_S):
                offsets = await self._committed_offsets(partitions)
                read = await self._read(partitions)
        except (KafkaError, TimeoutError) as error:
            await asyncio.gather(*(writer.close() for writer in writers.values()))
            raise Unavailable(
                f"Partitions {sorted(partitions)} could not be recovered ({type(error).__name__}).",
                "The process restarts and tries again.",
            ) from error
        return [
            RecoveredPartition(partition, offsets[partition], *read[partition], writers[partition])
            for partition in sorted(partitions)
        ]

    async def _committed_offsets(self, partitions: Set[int]) -> dict[int, int]:
        """The offsets that the last transactions committed; 0 where there has been none."""
        topic = self._settings.topic(Topic.AUDIO_FRAMES)
        places = [TopicPartition(topic, partition) for partition in partitions]
        admin = make_admin(self._settings)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self._settings.group(STAGE), partitions=places)
        finally:
            await admin.close()
        committed = {place.partition: entry.offset for place, entry in offsets.items()}
        return {partition: max(committed.get(partition, 0), 0) for partition in partitions}

    async def _read(self, partitions: Set[int]) -> dict[int, tuple[tuple[SessionRecovery, ...], int]]:
        """For each partition, its sessions' snapshots and finals, and the end of its `transcripts` partition."""
        states = self._settings.topic(Topic.TRANSCRIBE_STATE)
        facts = self._settings.topic(Topic.TRANSCRIPTS)
        consumer = make_consumer(self._settings, Topic.TRANSCRIBE_STATE, Topic.TRANSCRIPTS, stage=None)
        await consumer.start()
        try:
            ends = await consumer.end_offsets(
                [TopicPartition(topic, partition) for topic in (states, facts) for partition in partitions]
            )
            records = await _read_all(
                consumer, {place: range(end) for place, end in ends.items() if place.topic == states}
            )
            snapshots = {place.partition: _newest_snapshots(each) for place, each in records.items()}
            begins = {
                partition: min((each.finals_from for each in snapshots[partition] if each.finals), default=None)
                for partition in partitions
            }
            ranges = {
                place: range(begin, end)
                for place, end in ends.items()
                if place.topic == facts and (begin := begins[place.partition]) is not None
            }
            finals = {place.partition: _finals(each) for place, each in (await _read_all(consumer, ranges)).items()}
        finally:
            await consumer.stop()
        return {
            partition: (
                tuple(_recovery(partition, each, finals.get(partition, {})) for each in snapshots[partition]),
                ends[TopicPartition(facts, partition)],
            )
            for partition in partitions
        }


async def _read_all(
    consumer: AIOKafkaConsumer, ranges: Mapping[TopicPartition, range]
) -> dict[TopicPartition, list[ConsumerRecord]]:
    found: dict[TopicPartition, list[ConsumerRecord]] = {place: [] for place in ranges}
    async for records in read_range(consumer, ranges):
        found[TopicPartition(records[0].topic, records[0].partition)] += records
    return found


def _newest_snapshots(records: Iterable[ConsumerRecord]) -> list[TranscriptionSnapshot]:
    """The newest snapshot of each session that has one."""
    newest = {record.key: record.value for record in records}
    events = (parse_event(Topic.TRANSCRIBE_STATE, value) for value in newest.values() if value is not None)
    return [event for event in events if isinstance(event, TranscriptionSnapshot)]


def _finals(records: Iterable[ConsumerRecord]) -> dict[str, dict[int, Final]]:
    """Each session's finals by number."""
    finals: dict[str, dict[int, Final]] = {}
    for record in records:
        event = parse_event(Topic.TRANSCRIPTS, record.value or b"")
        if isinstance(event, TranscriptFinal):
            finals.setdefault(event.session_id, {})[event.final.number] = event.final
    return finals


def _recovery(
    partition: int, snapshot: TranscriptionSnapshot, finals: Mapping[str, Mapping[int, Final]]
) -> SessionRecovery:
    """Raises Unavailable if finals are missing: continuing would give their numbers to other words."""
    stored = tuple(finals.get(snapshot.session_id, {}).values())
    if [final.number for final in stored] != list(range(1, snapshot.finals + 1)):
        raise Unavailable(
            f"Session {snapshot.session_id} has {snapshot.finals} finals, of which {len(stored)} can be read.",
            "Records of the topic `transcripts` are missing; find out what deleted them.",
        )
    return SessionRecovery(partition, snapshot, stored)
