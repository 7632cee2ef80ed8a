"""The reports that were made, found again on `reports`: what makes a session's first report its only one.

`reports` itself is the ledger, and nothing else is kept. A session's report stands in the partition that its key leads
to, behind the moment at which the session was transcribed. So each look-up reads that partition on from where the last
one ended (at first: from that moment, less what clocks may differ) to its end, and notes in memory which session has
its report at which offset; the report itself is read only when it is needed. A report that was just stored is looked
up in the same way: if another process was faster, by a rebalance in the middle of the work, its report counts and ours
is told to nobody.
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
from processors.analyze.core.firsts import Firsts, Place
from schemas.base import Schema
from schemas.reports import ReportReady
from schemas.topics import Topic

_PARTITIONER = DefaultPartitioner()
_CLOCKS_DIFFER_MS = 5 * 60 * 1000
"""By how much the clocks of two machines are thought to differ at most."""
_ENVELOPE_BYTES = 64 * 1024
"""What a message may need beside the report, on `reports` and on `replies`."""


class _Known(Schema):
    """The little of a ReportReady that the ledger needs; reading it costs a tenth of reading all."""

    session_id: str
    analysis_version: int
    error: str | None


class Ledger:
    """`index` has all partitions of `reports`, paused; `pages` none, and answers what is asked about offsets: a broker
    answers one connection's requests in turn, so a question by `index` would wait for a fetch that waits for news.
    `version`: of the analysis; reports of other versions are not seen."""

    def __init__(
        self, index: AIOKafkaConsumer, pages: AIOKafkaConsumer, producer: AIOKafkaProducer, topic: str, version: int
    ) -> None:
        self._index = index
        self._pages = pages
        self._producer = producer
        self._topic = topic
        self._version = version
        self._firsts: dict[int, Firsts] = {}
        self._reading = asyncio.Lock()
        self._opening = asyncio.Lock()

    async def first(self, session_id: str, since_ms: int) -> ReportReady | None:
        """The session's report, if one was stored after this moment; or the word that none could be made. Raises
        KafkaError."""
        place = self._place(session_id)
        end = (await self._pages.end_offsets([place]))[place]
        found = await self._look(session_id, place, end, since_ms)
        return await self._open(found) if found else None

    async def store(self, ready: ReportReady) -> ReportReady:
        """Put a report on `reports`, and give the session's first one: this, unless another was there before. Raises
        KafkaError, or Unprocessable if no topic takes so large a report."""
        value = ready.encode()
        if len(value) + _ENVELOPE_BYTES > Topic.REPORTS.value.max_message_bytes:
            raise Unprocessable(
                f"The report has {len(value)} bytes, more than a message may have.",
                "Look at what the session's answers are made of; SESSION_MAX_S bounds their length.",
            )
        place = self._place(ready.session_id)
        stored = await self._producer.send_and_wait(
            self._topic, value, key=ready.session_id.encode(), partition=place.partition
        )
        found = await self._look(ready.session_id, place, stored.offset + 1, ready.at_ms)
        if found is None or found.offset == stored.offset:
            return ready
        return await self._open(found)

    def _place(self, session_id: str) -> TopicPartition:
        """Where a session's reports stand: by the same rule as all that bears its key."""
        numbers = sorted(place.partition for place in self._index.assignment())
        return TopicPartition(self._topic, _PARTITIONER(session_id.encode(), numbers, numbers))

    async def _look(self, session_id: str, place: TopicPartition, end: int, since_ms: int) -> Place | None:
        """The session's first record before `end`, among those from `since_ms` on."""
        async with self._reading:
            firsts = await self._begun(place, since_ms - _CLOCKS_DIFFER_MS)
            async for records in read_until(self._index, {place: end}):
                for record in records:
                    self._note(firsts, record)
            return firsts.of(session_id)

    async def _begun(self, place: TopicPartition, since_ms: int) -> Firsts:
        """What is known of a partition, from this moment on at least: read anew if it was not."""
        firsts = self._firsts.get(place.partition)
        if firsts is None or since_ms < firsts.since_ms:
            # The end is asked for first: what comes in between is then read in either case.
            end = (await self._pages.end_offsets([place]))[place]
            later = (await self._pages.offsets_for_times({place: max(0, since_ms)}))[place]
            self._index.seek(place, later.offset if later else end)
            self._index.resume(place)
            firsts = self._firsts[place.partition] = Firsts(since_ms)
        return firsts

    def _note(self, firsts: Firsts, record: ConsumerRecord) -> None:
        try:
            known = _Known.model_validate_json(record.value or b"")
        except ValueError:
            # Not ours to judge: analytics reads the topic too, and puts such a record with the dead letters.
            return
        if known.analysis_version == self._version:
            place = Place(record.partition, record.offset, made=known.error is None)
            firsts.note(known.session_id, place, record.timestamp)

    async def _open(self, found: Place) -> ReportReady:
        place = TopicPartition(self._topic, found.partition)
        async with self._opening:
            self._pages.assign([place])
            self._pages.seek(place, found.offset)
            record = await self._pages.getone(place)
            self._pages.pause(place)
        return ReportReady.model_validate_json(record.value or b"")


@asynccontextmanager
async def open_ledger(settings: KafkaSettings, producer: AIOKafkaProducer, version: int) -> AsyncIterator[Ledger]:
    """Its consumers belong to no group: they read what they are asked for and commit nothing."""
    topic = settings.topic(Topic.REPORTS)
    largest_bytes = Topic.REPORTS.value.max_message_bytes
    index, pages = (
        make_consumer(
            settings,
            Topic.REPORTS,
            stage=None,
            max_partition_fetch_bytes=largest_bytes,
            # A partition that is looked into for the first time waits for the request that is on its way without it.
            fetch_max_wait_ms=100,
        )
        for _ in range(2)
    )
    try:
        await index.start()
        await pages.start()
        places = [TopicPartition(topic, number) for number in await producer.partitions_for(topic)]
        index.assign(places)
        index.pause(*places)
        yield Ledger(index, pages, producer, topic, version)
    finally:
        await index.stop()
        await pages.stop()
