"""Stored reports, found again on `reports`: this is how the first report of a session stays its only one.

Nothing but `reports` itself is kept. A session's report is in the partition of its key, after the time at which the
session was transcribed. So each look-up reads that partition from where the previous look-up ended (at first: from that
time, less the clocks' tolerance) to its end, and indexes in memory which session has its report at which offset; the
report itself is fetched only when it is needed. After a report has been stored, the session is looked up in the same
way: if a rebalance in the middle of the work let another process store its report first, that one counts, and ours is
sent to no client.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from infra.errors import Unprocessable
from infra.kafka.clients import make_consumer
from infra.kafka.ranges import read_until
from infra.kafka.settings import KafkaSettings
from processors.analyze.core.report_index import ReportIndex, ReportLocation
from schemas.base import Schema
from schemas.reports import ReportReady
from schemas.topics import Topic

_PARTITIONER = DefaultPartitioner()
_CLOCK_TOLERANCE_MS = 5 * 60 * 1000
"""The most by which the clocks of two machines are assumed to differ."""
_ENVELOPE_BYTES = 64 * 1024
"""Reserved for the other parts of a message, on `reports` and on `replies`."""


class _ReportHeader(Schema):
    """The fields of a ReportReady that the index needs. Parsing these takes a tenth of the time of parsing all."""

    session_id: str
    analysis_version: int
    error: str | None


class KafkaReportStore:
    """`processors.analyze.ports.ReportStore`, for one version of the analysis.

    `scanner` is assigned all partitions of `reports`, paused. `fetcher` is assigned none; it fetches single reports and
    answers questions about offsets. Brokers answer the requests of one connection in turn, so on the scanner's
    connection a question would wait for a fetch that waits for new records."""

    def __init__(
        self,
        scanner: AIOKafkaConsumer,
        fetcher: AIOKafkaConsumer,
        producer: AIOKafkaProducer,
        topic: str,
        analysis_version: int,
    ) -> None:
        self._scanner = scanner
        self._fetcher = fetcher
        self._producer = producer
        self._topic = topic
        self._analysis_version = analysis_version
        self._indexes: dict[int, ReportIndex] = {}
        self._scanning = asyncio.Lock()
        self._fetching = asyncio.Lock()

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        partition = self._partition_of(session_id)
        end = (await self._fetcher.end_offsets([partition]))[partition]
        found = await self._find(session_id, partition, end, since_ms)
        return await self._fetch(found) if found else None

    async def store(self, ready: ReportReady) -> ReportReady:
        value = ready.encode()
        if len(value) + _ENVELOPE_BYTES > Topic.REPORTS.value.max_message_bytes:
            raise Unprocessable(
                f"The report has {len(value)} bytes, more than a message may have.",
                "Look at the session's answers; SESSION_MAX_S bounds their length.",
            )
        partition = self._partition_of(ready.session_id)
        stored = await self._producer.send_and_wait(
            self._topic, value, key=ready.session_id.encode(), partition=partition.partition
        )
        found = await self._find(ready.session_id, partition, stored.offset + 1, ready.at_ms)
        if found is None or found.offset == stored.offset:
            return ready
        return await self._fetch(found)

    def _partition_of(self, session_id: str) -> TopicPartition:
        """The partition of the session's reports, by the same rule as for every record with its key."""
        numbers = sorted(partition.partition for partition in self._scanner.assignment())
        return TopicPartition(self._topic, _PARTITIONER(session_id.encode(), numbers, numbers))

    async def _find(self, session_id: str, partition: TopicPartition, end: int, since_ms: int) -> ReportLocation | None:
        """The session's first record since `since_ms` and before the offset `end`."""
        async with self._scanning:
            index = await self._index(partition, since_ms - _CLOCK_TOLERANCE_MS)
            async for records in read_until(self._scanner, {partition: end}):
                for record in records:
                    self._add(index, record)
            return index.first(session_id)

    async def _index(self, partition: TopicPartition, since_ms: int) -> ReportIndex:
        """The partition's index. It is built anew if it does not reach back to this time."""
        index = self._indexes.get(partition.partition)
        if index is None or since_ms < index.since_ms:
            # The end is asked for first, so that records written in between are read in either case.
            end = (await self._fetcher.end_offsets([partition]))[partition]
            later = (await self._fetcher.offsets_for_times({partition: max(0, since_ms)}))[partition]
            self._scanner.seek(partition, later.offset if later else end)
            self._scanner.resume(partition)
            index = self._indexes[partition.partition] = ReportIndex(since_ms)
        return index

    def _add(self, index: ReportIndex, record: ConsumerRecord) -> None:
        try:
            header = _ReportHeader.model_validate_json(record.value or b"")
        except ValueError:
            # Analytics reads this topic too, and sends such a record to the dead letters.
            return
        if header.analysis_version == self._analysis_version:
            location = ReportLocation(record.partition, record.offset, has_report=header.error is None)
            index.add(header.session_id, location, record.timestamp)

    async def _fetch(self, found: ReportLocation) -> ReportReady:
        partition = TopicPartition(self._topic, found.partition)
        async with self._fetching:
            self._fetcher.assign([partition])
            self._fetcher.seek(partition, found.offset)
            record = await self._fetcher.getone(partition)
            self._fetcher.pause(partition)
        return ReportReady.model_validate_json(record.value or b"")


@asynccontextmanager
async def open_report_store(
    settings: KafkaSettings, producer: AIOKafkaProducer, analysis_version: int
) -> AsyncIterator[KafkaReportStore]:
    """The store's consumers belong to no group and commit nothing."""
    topic = settings.topic(Topic.REPORTS)
    scanner, fetcher = (
        make_consumer(
            settings,
            Topic.REPORTS,
            stage=None,
            max_partition_fetch_bytes=Topic.REPORTS.value.max_message_bytes,
            # A partition that is read for the first time has to wait for the fetch in progress, which is without it.
            fetch_max_wait_ms=100,
        )
        for _ in range(2)
    )
    try:
        await scanner.start()
        await fetcher.start()
        partitions = [TopicPartition(topic, number) for number in await producer.partitions_for(topic)]
        scanner.assign(partitions)
        scanner.pause(*partitions)
        yield KafkaReportStore(scanner, fetcher, producer, topic, analysis_version)
    finally:
        await scanner.stop()
        await fetcher.stop()
