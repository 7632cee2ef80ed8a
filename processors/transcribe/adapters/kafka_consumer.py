"""The sessions' logs, read from `audio.frames` as a member of the consumer group.

aiokafka's quirks that stay in here: the rebalance listener stops heartbeats while it runs, and its exceptions are lost,
so it only takes notes; after a rebalance aiokafka starts at the committed offsets, which may lag behind, so partitions
that stay are sought to where reading had come to, and nothing is returned of newly assigned ones before they are
sought; what is read during a rebalance belongs to neither side and is read again. A member that the group has given up,
because its process was suspended, rejoins by itself under another id, and may be assigned the partitions it had: in the
meantime another member owned them."""

import asyncio
from collections.abc import Iterable, Mapping, Set

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.structs import ConsumerRecord

from infra.kafka.clients import make_consumer
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from processors.transcribe.adapters.record_decoding import decode_record
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import RejectedRecord
from processors.transcribe.ports import RecordBatch
from processors.transcribe.settings import STAGE
from schemas.topics import Topic

_LOG = get_logger(__name__)
_MAX_RECORDS = 500
_REBALANCE_S = 2.0
"""During a rebalance, aiokafka's `getmany` does not return, not even at its timeout."""


class _GroupMembership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is published without type information.
    """Notes what the group decides."""

    def __init__(self) -> None:
        self.changes = 0
        """How often the assignment has changed."""
        self.partitions: frozenset[int] | None = None
        """None during a rebalance."""
        self.joined = asyncio.Event()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - a new assignment follows
        self.changes += 1
        self.partitions = None

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.changes += 1
        self.partitions = frozenset(each.partition for each in assigned)
        self.joined.set()


class KafkaSessionLogReader:
    """The partitions of `audio.frames` that are assigned to this process."""

    def __init__(self, settings: KafkaSettings, instance: str = "") -> None:
        """`instance`: a name that this process keeps across restarts, so that the group waits for it."""
        self._topic = settings.topic(Topic.AUDIO_FRAMES)
        self._group = _GroupMembership()
        self._settled_changes = 0
        self._member_id = ""
        self._next_offsets: dict[int, int] = {}
        """Of each partition that has been sought."""
        self._assigned: frozenset[int] = frozenset()
        """Partitions that have not been sought yet."""
        extra = {"group_instance_id": instance} if instance else {}
        self._consumer: AIOKafkaConsumer = make_consumer(settings, Topic.AUDIO_FRAMES, stage=STAGE, **extra)
        self._consumer.subscribe([self._topic], listener=self._group)

    async def start(self) -> None:
        """Returns once this process is a member of the group, whether or not it got partitions."""
        await self._consumer.start()
        await self._group.joined.wait()

    async def stop(self) -> None:
        await self._consumer.stop()

    def seek(self, partition: int, offset: int) -> None:
        self._next_offsets[partition] = offset
        self._assigned -= {partition}
        place = TopicPartition(self._topic, partition)
        # During a rebalance it is not assigned; partitions that stay are sought after it.
        if place in self._consumer.assignment():
            self._consumer.seek(place, offset)

    async def read(self, wait_ms: int, paused: Set[int]) -> RecordBatch:
        revoked = self._settle_assignment()
        if revoked or self._assigned:
            # The service handles both before anything is read: records of new partitions wait until they are sought.
            return RecordBatch(revoked=revoked, assigned=self._assigned, next_offsets=dict(self._next_offsets))
        self._pause(paused)
        changes = self._group.changes
        fetched = await self._fetch(wait_ms)
        if self._group.changes != changes or self._group.partitions is None:
            return RecordBatch(next_offsets=dict(self._next_offsets))
        records: list[SessionLogRecord] = []
        dead_letters: list[RejectedRecord] = []
        for partition, consumed in fetched.items():
            for raw in consumed:
                record, rejected = decode_record(raw)
                records += [record] if record else []
                dead_letters += [rejected] if rejected else []
            self._next_offsets[partition] = consumed[-1].offset + 1
        return RecordBatch(
            tuple(records),
            tuple(dead_letters),
            next_offsets=dict(self._next_offsets),
            ends_seen_ms=self._ends_seen_ms(),
        )

    def _settle_assignment(self) -> frozenset[int]:
        """Seek the partitions that stayed assigned without a break to where reading had come to; returns those that did
        not stay."""
        if self._group.partitions is None or self._group.changes == self._settled_changes:
            return frozenset()
        self._settled_changes = self._group.changes
        # The member id is private in aiokafka, and there is no public way to learn that the process rejoined as a new
        # member: the listener is called alike for both, and another member may have owned its partitions in between.
        member_id: str = self._consumer._coordinator.member_id
        stayed = self._group.partitions if member_id == self._member_id else frozenset[int]()
        self._member_id = member_id
        revoked = frozenset(self._next_offsets.keys() - stayed)
        self._next_offsets = {each: offset for each, offset in self._next_offsets.items() if each not in revoked}
        self._assigned = self._group.partitions - self._next_offsets.keys()
        for partition, offset in self._next_offsets.items():
            self._consumer.seek(TopicPartition(self._topic, partition), offset)
        _LOG.info(
            "partitions assigned",
            partitions=sorted(self._group.partitions),
            new=sorted(self._assigned),
            revoked=sorted(revoked),
        )
        return revoked

    def _pause(self, paused: Set[int]) -> None:
        for each in self._consumer.assignment():
            if each.partition in paused:
                self._consumer.pause(each)
            else:
                self._consumer.resume(each)

    async def _fetch(self, wait_ms: int) -> Mapping[int, list[ConsumerRecord]]:
        try:
            async with asyncio.timeout(wait_ms / 1000 + _REBALANCE_S):
                fetched = await self._consumer.getmany(timeout_ms=wait_ms, max_records=_MAX_RECORDS)
        except TimeoutError:
            return {}
        return {each.partition: records for each, records in fetched.items() if records}

    def _ends_seen_ms(self) -> dict[int, int]:
        """aiokafka notes, with each answer to a fetch, the partition's end and when that was."""
        return {
            each.partition: self._consumer.last_poll_timestamp(each)
            for each in self._consumer.assignment()
            if self._next_offsets.get(each.partition) == self._consumer.highwater(each) is not None
        }
