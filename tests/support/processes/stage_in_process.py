"""A stage inside the test's own process, and a look at what stands on a topic."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import ConsumerRecord, TopicPartition

from infra.kafka.clients import make_admin, make_consumer
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Serve, Stage
from infra.settings import StageSettings
from schemas.topics import Topic

READY_S = 10.0
STOP_S = 10.0


@asynccontextmanager
async def running(name: str, serve: Serve) -> AsyncIterator[Stage]:
    """The stage while the block runs, ready; stopped as SIGTERM would at its end. Raises what the stage raises."""
    stage = Stage(name, StageSettings())
    work = asyncio.ensure_future(serve(stage))
    try:
        async with asyncio.timeout(READY_S):
            while stage.health.reasons and not work.done():  # noqa: ASYNC110 - a stage is asked from outside, as /readyz is
                await asyncio.sleep(0.02)
        yield stage
    finally:
        stage.stopping.set()
        async with asyncio.timeout(STOP_S):
            await work


async def read(kafka: KafkaSettings, topic: Topic, count: int, within_s: float = 10.0) -> list[ConsumerRecord]:
    """The first `count` records of a topic; fewer if no more come in time."""
    found: list[ConsumerRecord] = []
    consumer = make_consumer(kafka, topic, stage=f"onlooker-{secrets.token_hex(4)}")
    await consumer.start()
    try:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while len(found) < count and loop.time() < deadline:
            for records in (await consumer.getmany(timeout_ms=250)).values():
                found.extend(records)
        return found
    finally:
        await consumer.stop()


async def read_to_end(kafka: KafkaSettings, topic: Topic, *, uncommitted: bool = False) -> list[ConsumerRecord]:
    """All records of a session topic that stand there now, each partition's in order. `uncommitted`: with those of
    transactions that are not over or were undone."""
    found: list[ConsumerRecord] = []
    places = [TopicPartition(kafka.topic(topic), partition) for partition in range(kafka.session_partitions)]
    # A consumer that is made for no topic shows everything.
    consumer = make_consumer(kafka, *([] if uncommitted else [topic]), stage=None)
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=50)).values():
                found += records
    finally:
        await consumer.stop()
    return found


async def committed(kafka: KafkaSettings, topic: Topic, stage: str) -> int:
    """How many records of a topic a stage's group is done with, over all partitions."""
    admin = make_admin(kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(kafka.group(stage))
    finally:
        await admin.close()
    return sum(
        entry.offset for place, entry in offsets.items() if place.topic == kafka.topic(topic) and entry.offset > 0
    )
