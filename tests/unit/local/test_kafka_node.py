from pathlib import Path

from local.kafka_node import server_properties
from schemas.topics import Topic


def properties() -> dict[str, str]:
    text = server_properties(Path("/data/kafka/log"), 9092, 40001)
    return dict(line.split("=", 1) for line in text.splitlines())


def test_the_node_listens_only_on_loopback() -> None:
    assert properties()["listeners"] == "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:40001"
    assert properties()["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9092"
    assert properties()["controller.quorum.voters"] == "1@127.0.0.1:40001"


def test_topics_are_not_created_automatically() -> None:
    assert properties()["auto.create.topics.enable"] == "false"


def test_the_largest_message_of_any_topic_fits() -> None:
    largest = max(topic.value.max_message_bytes for topic in Topic)
    assert int(properties()["message.max.bytes"]) > largest
    assert int(properties()["replica.fetch.max.bytes"]) > largest


def test_one_node_can_hold_every_internal_topic() -> None:
    factors = [value for name, value in properties().items() if "replication.factor" in name or "min.isr" in name]
    assert len(factors) >= 6
    assert set(factors) == {"1"}


def test_committed_offsets_are_kept_longer_than_audio() -> None:
    kept_ms = int(properties()["offsets.retention.minutes"]) * 60_000
    assert kept_ms > (Topic.AUDIO_FRAMES.value.retention_ms or 0)
