"""The declared topics on a real broker."""

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from infra.kafka.clients import make_admin, make_consumer, make_producer
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics, ensure_replies_partition, partition_counts
from schemas.topics import SESSION_PARTITIONS, Topic


async def test_all_topics_exist_with_their_settings(kafka: KafkaSettings) -> None:
    counts = await partition_counts(kafka)
    assert set(counts) == set(Topic)
    assert {counts[topic] for topic in Topic if topic.value.co_partitioned} == {SESSION_PARTITIONS.local}
    admin = make_admin(kafka)
    await admin.start()
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, kafka.topic(Topic.TRANSCRIPTS))
        [answer] = await admin.describe_configs([resource])
        entries = {name: value for name, value, *_ in answer.resources[0][4]}
        assert entries["max.message.bytes"] == str(Topic.TRANSCRIPTS.value.max_message_bytes)
        assert entries["retention.ms"] == str(Topic.TRANSCRIPTS.value.retention_ms)
    finally:
        await admin.close()


async def test_creating_again_creates_nothing(kafka: KafkaSettings) -> None:
    assert await create_topics(kafka) == []


async def test_replies_grow_for_a_new_edge(kafka: KafkaSettings) -> None:
    await ensure_replies_partition(kafka, 6)
    assert (await partition_counts(kafka))[Topic.REPLIES] == 7


async def test_a_whole_sessions_transcript_fits_in_one_message(kafka: KafkaSettings) -> None:
    producer = make_producer(kafka)
    consumer = make_consumer(kafka, Topic.TRANSCRIPTS, stage="reader")
    await producer.start()
    await consumer.start()
    try:
        value = bytes(8_000_000)
        await producer.send_and_wait(kafka.topic(Topic.TRANSCRIPTS), value, key=b"session")
        record = await consumer.getone()
        assert record.value == value
    finally:
        await consumer.stop()
        await producer.stop()
