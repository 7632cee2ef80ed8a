"""The sessions' logs, read from `audio.frames` as a member of the consumer group.

aiokafka's quirks that stay in here: the rebalance listener stops the heartbeats while it runs and its exceptions are
lost, so it only notes; after a rebalance aiokafka begins at the committed offsets, which lie at the start of the
oldest unfinished session, so partitions that stay ours are sought to where we were; what is read while a rebalance
happens belongs to neither side and is read again."""

import asyncio
from collections.abc import Iterable, Mapping, Set

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from infra.kafka.clients import make_consumer
from infra.kafka.settings import KafkaSettings
from infra.telemetry import get_logger
from processors.transcribe.adapters.decoding import decode
from processors.transcribe.core.output import Rejected
from processors.transcribe.core.records import LogRecord
from processors.transcribe.service import Batch
from schemas.topics import Topic

_LOG = get_logger(__name__)
_MAX_RECORDS = 500
_COMMIT_S = 5.0
_REBALANCE_S = 2.0
"""aiokafka hands nothing out, and does not come back, while the group finds together."""


class _Membership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is published without type information.
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


class KafkaSessionLog:
    """Our share of `audio.frames`. `_read_to`: the next offset to hand out, per partition that something was read
    of."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic(Topic.AUDIO_FRAMES)
        self._group = _Membership()
        self._settled_changes = 0
        self._read_to: dict[int, int] = {}
        self._committed: dict[int, int] = {}
        self._consumer: AIOKafkaConsumer = make_consumer(settings, Topic.AUDIO_FRAMES, stage="transcribe")
        self._consumer.subscribe([self._topic], listener=self._group)

    async def start(self) -> None:
        """Returns once this process is a member of the group, whether or not it got partitions."""
        await self._consumer.start()
        await self._group.joined.wait()

    async def stop(self) -> None:
        await self._consumer.stop()

    async def read(self, wait_ms: int, held: Set[int]) -> Batch:
        lost = self._settle_assignment()
        self._hold_back(held)
        changes = self._group.changes
        fetched = await self._fetch(wait_ms)
        if self._group.changes != changes or self._group.partitions is None:
            self._leave_unread(fetched)
            return Batch(lost=lost, read_to=dict(self._read_to))
        records: list[LogRecord] = []
        rejected: list[Rejected] = []
        for partition, consumed in fetched.items():
            for raw in consumed:
                record, letter = decode(raw)
                records += [record] if record else []
                rejected += [letter] if letter else []
            self._read_to[partition] = consumed[-1].offset + 1
        return Batch(tuple(records), tuple(rejected), lost, dict(self._read_to), self._ends_seen_ms())

    def _settle_assignment(self) -> frozenset[int]:
        """Go on where we were in partitions that stayed ours; gives those that did not."""
        if self._group.partitions is None or self._group.changes == self._settled_changes:
            return frozenset()
        self._settled_changes = self._group.changes
        lost = self._read_to.keys() - self._group.partitions
        self._read_to = {partition: offset for partition, offset in self._read_to.items() if partition not in lost}
        self._committed = {}
        for partition, offset in self._read_to.items():
            self._consumer.seek(TopicPartition(self._topic, partition), offset)
        _LOG.info("partitions", mine=sorted(self._group.partitions), lost=sorted(lost))
        return frozenset(lost)

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

    def _leave_unread(self, fetched: Mapping[int, list[ConsumerRecord]]) -> None:
        """What came in the middle of a rebalance is read again after it, if its partition is ours then."""
        for partition, records in fetched.items():
            self._read_to.setdefault(partition, records[0].offset)

    def _ends_seen_ms(self) -> dict[int, int]:
        """aiokafka notes, with each answer to a fetch, where the partition ended and when that was."""
        return {
            each.partition: self._consumer.last_poll_timestamp(each)
            for each in self._consumer.assignment()
            if self._read_to.get(each.partition) == self._consumer.highwater(each) is not None
        }

    async def commit(self, positions: Mapping[int, int]) -> None:
        changed = {
            partition: offset for partition, offset in positions.items() if self._committed.get(partition) != offset
        }
        if not changed or self._group.partitions is None or self._group.changes != self._settled_changes:
            return
        offsets = {TopicPartition(self._topic, partition): offset for partition, offset in changed.items()}
        try:
            async with asyncio.timeout(_COMMIT_S):
                await self._consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            # The partition may be another's by now, or the broker away. A later commit says the same or more.
            _LOG.warning("offsets not committed", error=type(error).__name__)
            return
        self._committed.update(changed)
