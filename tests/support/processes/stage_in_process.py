"""Runs a stage inside the test's own process, and reads topics."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import ConsumerRecord, TopicPartition

from infra.kafka.clients import make_admin, make_consumer
from infra.kafka.ranges import read_range
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import partition_counts
from infra.lifecycle import Serve, Stage
from infra.settings import StageSettings
from schemas.topics import Topic
from tests.support.waiting import DEADLINE_S


@asynccontextmanager
async def running(name: str, serve: Serve) -> AsyncIterator[Stage]:
    """Runs the stage while the block runs; it is ready when the block begins, and stops afterwards as if by SIGTERM.
    Raises what the stage raises."""
    stage = Stage(name, StageSettings())
    work = asyncio.ensure_future(serve(stage))
    try:
        async with asyncio.timeout(DEADLINE_S):
            while stage.health.reasons and not work.done():  # noqa: ASYNC110 - a stage is asked from outside, as /readyz is
                await asyncio.sleep(0.02)
        yield stage
    finally:
        stage.stopping.set()
        async with asyncio.timeout(DEADLINE_S):
            await work


async def read(kafka: KafkaSettings, topic: Topic, count: int) -> list[ConsumerRecord]:
    """The first `count` records of a topic, waiting for them."""
    found: list[ConsumerRecord] = []
    consumer = make_consumer(kafka, topic, stage=f"onlooker-{secrets.token_hex(4)}")
    await consumer.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=250)).values():
                    found.extend(records)
        return found
    finally:
        await consumer.stop()


async def read_to_end(
    kafka: KafkaSettings, topic: Topic, *, uncommitted: bool = False, settled: bool = True
) -> list[ConsumerRecord]:
    """All records of a topic that are there now, each partition's in order. `uncommitted`: with those of transactions
    that are open or were aborted. `settled`: the broker answers a commit some milliseconds before readers of committed
    records see it, so wait until transactions that are open now are over; else they are left out."""
    partitions = range((await partition_counts(kafka))[topic])
    places = [TopicPartition(kafka.topic(topic), partition) for partition in partitions]
    # A consumer that is made for no topic shows everything.
    everything = make_consumer(kafka, stage=None)
    consumer = make_consumer(kafka, *([] if uncommitted else [topic]), stage=None)
    async with everything, consumer, asyncio.timeout(DEADLINE_S):
        ends = await everything.end_offsets(places)
        while (seen := await consumer.end_offsets(places)) and settled:
            if all(seen[place] >= ends[place] for place in places):
                break
            await asyncio.sleep(0.01)
        ranges = {place: range(seen[place]) for place in places}
        return [record async for records in read_range(consumer, ranges) for record in records]


async def committed(kafka: KafkaSettings, topic: Topic, stage: str) -> int:
    """How many records of a topic a stage's group has committed, over all partitions."""
    admin = make_admin(kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(kafka.group(stage))
    finally:
        await admin.close()
    return sum(
        entry.offset for place, entry in offsets.items() if place.topic == kafka.topic(topic) and entry.offset > 0
    )
