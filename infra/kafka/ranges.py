"""Reading a range of a partition's offsets to its end, with a consumer that belongs to no group."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaTimeoutError

_FETCH_MS = 500
_MAX_RECORDS = 500
_STALLED_S = 30.0


async def read_range(
    consumer: AIOKafkaConsumer, ranges: Mapping[TopicPartition, range], *, stalled_s: float = _STALLED_S
) -> AsyncIterator[Sequence[ConsumerRecord]]:
    """The records whose offsets lie in these ranges, in batches of one partition each, in the partition's order. The
    consumer is assigned these partitions and no others. Raises KafkaError, as `read_until` does."""
    wanted = {partition: offsets for partition, offsets in ranges.items() if offsets}
    if not wanted:
        return
    consumer.assign(list(wanted))
    for partition, offsets in wanted.items():
        consumer.seek(partition, offsets.start)
    ends = {partition: offsets.stop for partition, offsets in wanted.items()}
    async for records in read_until(consumer, ends, stalled_s=stalled_s):
        end = ends[TopicPartition(records[0].topic, records[0].partition)]
        if kept := [record for record in records if record.offset < end]:
            yield kept


async def read_until(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], *, stalled_s: float = _STALLED_S
) -> AsyncIterator[Sequence[ConsumerRecord]]:
    """Batches from the consumer's positions on, until each partition's position has reached its end offset. A batch may
    go past that end, and the position is then past it too. Raises KafkaTimeoutError if no position moves for
    `stalled_s` seconds."""
    clock = asyncio.get_running_loop().time
    positions: dict[TopicPartition, int] = {}
    moved_s = clock()
    # Positions are compared, not records: transaction markers and aborted records move a position and yield nothing.
    while unread := await _unread(consumer, ends):
        if unread != positions:
            positions, moved_s = unread, clock()
        elif clock() - moved_s > stalled_s:
            raise KafkaTimeoutError(f"No records for {stalled_s:g} s")
        fetched = await consumer.getmany(*unread, timeout_ms=_FETCH_MS, max_records=_MAX_RECORDS)
        for records in fetched.values():
            yield records


async def _unread(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
    """Positions of the partitions whose end has not been reached."""
    positions = {partition: await consumer.position(partition) for partition in ends}
    return {partition: position for partition, position in positions.items() if position < ends[partition]}
