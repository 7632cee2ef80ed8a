"""Creates the topics that `schemas/topics.py` declares."""

import asyncio
import time
from collections.abc import Callable, Mapping

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


def wanted(settings: KafkaSettings) -> list[NewTopic]:
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
    """Create what is missing, leave alone what is there; gives the names of the new ones. Raises RostrumError if the
    session topics that are there differ in their number of partitions."""
    admin = make_admin(settings)
    await admin.start()
    try:
        present = set(await admin.list_topics())
        missing = [topic for topic in wanted(settings) if topic.name not in present]
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
            await _groups_work(admin, settings)
        described = await _counts_once(admin, settings, lambda counts: len(counts) == len(Topic))
        counts = {settings.topic(topic): count for topic, count in described.items() if topic.value.co_partitioned}
        if len(set(counts.values())) > 1:
            raise RostrumError(
                f"The session topics must have the same number of partitions, but have {counts}.",
                "A session must have one partition number in all of them: recreate the odd one.",
            )
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def partition_counts(admin: AIOKafkaAdminClient, settings: KafkaSettings) -> dict[Topic, int]:
    """Partitions of each of our topics that is there."""
    described = await admin.describe_topics([settings.topic(topic) for topic in Topic])
    counts = {entry["topic"]: len(entry["partitions"]) for entry in described if entry["partitions"]}
    return {topic: counts[settings.topic(topic)] for topic in Topic if settings.topic(topic) in counts}


async def ensure_topics(settings: KafkaSettings) -> list[str]:
    """Create the missing topics; gives their names. Raises Unavailable if the broker cannot be reached."""
    try:
        return await create_topics(settings)
    except KafkaError as error:
        raise _unavailable(settings, error) from error


async def count_partitions(settings: KafkaSettings) -> Mapping[Topic, int]:
    """Partitions of the topics that are there. Raises Unavailable if the broker cannot be reached."""
    admin = make_admin(settings)
    try:
        await admin.start()
        return await partition_counts(admin, settings)
    except KafkaError as error:
        raise _unavailable(settings, error) from error
    finally:
        await admin.close()


def _unavailable(settings: KafkaSettings, error: KafkaError) -> Unavailable:
    setting = "KAFKA_PORT" if settings.is_local else "KAFKA_BOOTSTRAP"
    return Unavailable(
        f"Kafka at {settings.address} does not answer as it should ({type(error).__name__}).",
        f"Start the local stack (`rostrum up`), or check {setting} and the other KAFKA_ settings.",
    )


async def ensure_replies_partition(settings: KafkaSettings, partition: int) -> None:
    """Grow `replies` until it has this partition: an edge calls it before it opens its port."""
    admin = make_admin(settings)
    await admin.start()
    try:
        if (await partition_counts(admin, settings)).get(Topic.REPLIES, 0) <= partition:
            await admin.create_partitions({settings.topic(Topic.REPLIES): NewPartitions(partition + 1)})
            await _counts_once(admin, settings, lambda counts: counts.get(Topic.REPLIES, 0) > partition)
    finally:
        await admin.close()


async def _counts_once(
    admin: AIOKafkaAdminClient, settings: KafkaSettings, fulfilled: Callable[[Mapping[Topic, int]], bool]
) -> dict[Topic, int]:
    """Partitions of our topics, once what was created is seen: brokers learn of it some ten milliseconds after the
    controller has answered. Raises RostrumError if it is not seen within 10 s."""
    deadline = time.monotonic() + _VISIBLE_WITHIN_S
    while not fulfilled(counts := await partition_counts(admin, settings)):
        if time.monotonic() > deadline:
            raise RostrumError(
                "The broker accepted new topics or partitions, but does not show them.",
                "Check the broker's log, and this user's right to describe topics and to alter `replies`.",
            )
        await asyncio.sleep(0.02)
    return counts


async def _groups_work(admin: AIOKafkaAdminClient, settings: KafkaSettings) -> None:
    """Wait until a new node serves consumer groups. It makes their internal topic when first asked, and turns members
    away meanwhile: they would come in, but log errors and lose half a second. Raises KafkaError after 10 s."""
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
