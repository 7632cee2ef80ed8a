"""Creates the topics that `schemas/topics.py` declares."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
    for_code,
)

from infra.errors import RostrumError, Unavailable
from infra.kafka.clients import make_admin
from infra.kafka.settings import KafkaSettings
from schemas.topics import HOUR_MS, Topic

_VISIBLE_WITHIN_S = 10.0


def declared_topics(settings: KafkaSettings) -> list[NewTopic]:
    """The topics as they should be created on this cluster."""
    topics = []
    for topic in Topic:
        config = topic.value.config()
        if settings.replicas > 1:
            config["min.insync.replicas"] = "2"
        if topic is Topic.AUDIO_FRAMES:
            config["retention.ms"] = str(int(settings.audio_retention_hours * HOUR_MS))
            config["retention.bytes"] = str(settings.audio_retention_bytes)
        count = settings.partition_count(topic)
        topics.append(NewTopic(settings.topic(topic), count, settings.replicas, topic_configs=config))
    return topics


async def create_topics(settings: KafkaSettings) -> list[str]:
    """Create the missing topics and leave the others as they are; returns the names of the new ones. Raises Unavailable
    if the broker cannot be reached, RostrumError if it refuses, or if the partition counts of the existing session
    topics differ."""
    async with _admin_client(settings) as admin:
        existing = set(await admin.list_topics())
        missing = [topic for topic in declared_topics(settings) if topic.name not in existing]
        if missing:
            response = await admin.create_topics(missing)
            for name, code, *detail in response.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise RostrumError(
                        f"Topic {name} could not be created: {error.__name__} {detail or ''}.",
                        "Check the broker's log, its rights (CREATE on topics) and KAFKA_REPLICATION_FACTOR.",
                    )
        if missing and settings.is_local:
            await _wait_for_group_coordinator(admin, settings)
        counts = await _visible_counts(admin, settings, lambda counts: len(counts) == len(Topic))
        session_counts = {settings.topic(topic): count for topic, count in counts.items() if topic.value.co_partitioned}
        if len(set(session_counts.values())) > 1:
            raise RostrumError(
                f"The session topics must have the same number of partitions, but have {session_counts}.",
                "A session must have one partition number in all of them: recreate the topic that differs.",
            )
        return [topic.name for topic in missing]


async def partition_counts(settings: KafkaSettings) -> Mapping[Topic, int]:
    """Partition counts of the topics that exist. Raises Unavailable if the broker cannot be reached."""
    async with _admin_client(settings) as admin:
        return await _counts(admin, settings)


async def ensure_replies_partition(settings: KafkaSettings, partition: int) -> None:
    """Add partitions to `replies` until it has this one; an edge calls it before it opens its port. Raises Unavailable
    if the broker cannot be reached."""
    async with _admin_client(settings) as admin:
        if (await _counts(admin, settings)).get(Topic.REPLIES, 0) <= partition:
            await admin.create_partitions({settings.topic(Topic.REPLIES): NewPartitions(partition + 1)})
            await _visible_counts(admin, settings, lambda counts: counts.get(Topic.REPLIES, 0) > partition)


@asynccontextmanager
async def _admin_client(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Raises Unavailable for every KafkaError, the block's included."""
    admin = make_admin(settings)
    try:
        await admin.start()
        yield admin
    except KafkaError as error:
        setting = "KAFKA_PORT" if settings.is_local else "KAFKA_BOOTSTRAP"
        raise Unavailable(
            f"Kafka at {settings.address} does not answer as it should ({type(error).__name__}).",
            f"Start the local stack (`rostrum up`), or check {setting} and the other KAFKA_ settings.",
        ) from error
    finally:
        await admin.close()


async def _counts(admin: AIOKafkaAdminClient, settings: KafkaSettings) -> dict[Topic, int]:
    described = await admin.describe_topics([settings.topic(topic) for topic in Topic])
    counts = {entry["topic"]: len(entry["partitions"]) for entry in described if entry["partitions"]}
    return {topic: counts[settings.topic(topic)] for topic in Topic if settings.topic(topic) in counts}


async def _visible_counts(
    admin: AIOKafkaAdminClient, settings: KafkaSettings, visible: Callable[[Mapping[Topic, int]], bool]
) -> dict[Topic, int]:
    """Partition counts once new topics or partitions are visible: brokers learn of them some ten milliseconds after the
    controller has answered. Raises RostrumError after 10 s."""
    deadline = time.monotonic() + _VISIBLE_WITHIN_S
    while not visible(counts := await _counts(admin, settings)):
        if time.monotonic() > deadline:
            raise RostrumError(
                "The broker accepted new topics or partitions, but does not show them.",
                "Check the broker's log, and this user's right to describe topics and to alter `replies`.",
            )
        await asyncio.sleep(0.02)
    return counts


async def _wait_for_group_coordinator(admin: AIOKafkaAdminClient, settings: KafkaSettings) -> None:
    """Wait until a new node serves consumer groups. It creates their internal topic on the first request and rejects
    members until then: they would get in later, but log errors and lose half a second. Raises KafkaError after 10 s."""
    deadline = time.monotonic() + _VISIBLE_WITHIN_S
    group = settings.group("probe")
    while True:
        try:
            await admin.list_consumer_group_offsets(group, await admin.find_coordinator(group))
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.02)
        else:
            return
