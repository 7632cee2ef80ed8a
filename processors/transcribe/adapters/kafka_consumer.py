"""The sessions' logs, read from `audio.frames` as a member of the consumer group.

aiokafka's quirks that stay in here: the rebalance listener stops the heartbeats while it runs and its exceptions are
lost, so it only notes; after a rebalance aiokafka begins at the committed offsets, which may be behind, so partitions
that stay ours are sought to where we were, and of new ones nothing is handed out before they are begun; what is read
while a rebalance happens belongs to neither side and is read again. A member that the group had given up, because it
slept, joins again by itself under another id, and may be handed what it had: meanwhile that was another's."""

import asyncio
from collections.abc import Iterable, Mapping, Set

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.structs import ConsumerRecord

from infra.kafka.clients import make_consumer
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from processors.transcribe.adapters.record_decoding import decode
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import RejectedRecord
from processors.transcribe.service import RecordBatch
from schemas.topics import Topic

_LOG = get_logger(__name__)
_MAX_RECORDS = 500
_REBALANCE_S = 2.0
"""aiokafka hands nothing out, and does not come back, while the group finds together."""


class _GroupMembership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is published without type information.
    """Notes what the group decides. `changes` counts; `partitions` is None while the group is finding together."""

    def __init__(self) -> None:
        self.changes = 0
        self.partitions: frozenset[int] | None = None
        self.joined = asyncio.Event()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - a new assignment follows
        self.changes += 1
        self.partitions = None

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.changes += 1
        self.partitions = frozenset(each.partition for each in assigned)
        self.joined.set()


class KafkaSessionLogReader:
    """Our share of `audio.frames`. `_read_to`: the next offset to hand out, per partition that has been begun."""

    def __init__(self, settings: KafkaSettings, instance: str = "") -> None:
        """`instance`: a name that this process keeps when it is started anew, so that the group waits for it."""
        self._topic = settings.topic(Topic.AUDIO_FRAMES)
        self._group = _GroupMembership()
        self._settled_changes = 0
        self._member_id = ""
        self._read_to: dict[int, int] = {}
        self._new: frozenset[int] = frozenset()
        extra = {"group_instance_id": instance} if instance else {}
        self._consumer: AIOKafkaConsumer = make_consumer(settings, Topic.AUDIO_FRAMES, stage="transcribe", **extra)
        self._consumer.subscribe([self._topic], listener=self._group)

    async def start(self) -> None:
        """Returns once this process is a member of the group, whether or not it got partitions."""
        await self._consumer.start()
        await self._group.joined.wait()

    async def stop(self) -> None:
        await self._consumer.stop()

    def begin(self, partition: int, offset: int) -> None:
        self._read_to[partition] = offset
        self._new -= {partition}
        place = TopicPartition(self._topic, partition)
        # If not, the group is finding together; what is ours after it is sought then.
        if place in self._consumer.assignment():
            self._consumer.seek(place, offset)

    async def read(self, wait_ms: int, held: Set[int]) -> RecordBatch:
        lost = self._settle_assignment()
        if lost or self._new:
            # Both are to be seen to before anything is read: the records of what is new wait for its beginning.
            return RecordBatch(lost=lost, gained=self._new, read_to=dict(self._read_to))
        self._hold_back(held)
        changes = self._group.changes
        fetched = await self._fetch(wait_ms)
        if self._group.changes != changes or self._group.partitions is None:
            return RecordBatch(read_to=dict(self._read_to))
        records: list[SessionLogRecord] = []
        rejected: list[RejectedRecord] = []
        for partition, consumed in fetched.items():
            for raw in consumed:
                record, letter = decode(raw)
                records += [record] if record else []
                rejected += [letter] if letter else []
            self._read_to[partition] = consumed[-1].offset + 1
        return RecordBatch(
            tuple(records), tuple(rejected), read_to=dict(self._read_to), ends_seen_ms=self._ends_seen_ms()
        )

    def _settle_assignment(self) -> frozenset[int]:
        """Go on where we were in partitions that stayed ours all the time; gives those that did not."""
        if self._group.partitions is None or self._group.changes == self._settled_changes:
            return frozenset()
        self._settled_changes = self._group.changes
        member_id: str = self._consumer._coordinator.member_id
        stayed = self._group.partitions if member_id == self._member_id else frozenset[int]()
        self._member_id = member_id
        lost = frozenset(self._read_to.keys() - stayed)
        self._read_to = {partition: offset for partition, offset in self._read_to.items() if partition not in lost}
        self._new = self._group.partitions - self._read_to.keys()
        for partition, offset in self._read_to.items():
            self._consumer.seek(TopicPartition(self._topic, partition), offset)
        _LOG.info("partitions", mine=sorted(self._group.partitions), new=sorted(self._new), lost=sorted(lost))
        return lost

    def _hold_back(self, held: Set[int]) -> None:
        for each in self._consumer.assignment():
            if each.partition in held:
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
        """aiokafka notes, with each answer to a fetch, where the partition ended and when that was."""
        return {
            each.partition: self._consumer.last_poll_timestamp(each)
            for each in self._consumer.assignment()
            if self._read_to.get(each.partition) == self._consumer.highwater(each) is not None
        }
