"""Options that no other test would notice: isolation, commits, durability."""

from typing import Any

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from infra.kafka import clients
from infra.kafka.settings import KafkaSettings
from schemas.topics import Topic


class Recorded:
    """Stands in for an aiokafka class and keeps what it was made with."""

    def __init__(self, *topics: str, **options: Any) -> None:
        self.topics = topics
        self.options = options


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "AIOKafkaConsumer", Recorded)
    monkeypatch.setattr(clients, "AIOKafkaProducer", Recorded)


@pytest.mark.parametrize("topic", Topic, ids=lambda topic: topic.value.name)
def test_isolation_follows_the_topic_and_auto_commit_is_off(topic: Topic) -> None:
    options = clients.make_consumer(KafkaSettings(), topic, stage="analyze").options
    assert options["isolation_level"] == ("read_committed" if topic.value.read_committed else "read_uncommitted")
    assert options["enable_auto_commit"] is False


def test_one_committed_topic_makes_the_whole_consumer_read_committed() -> None:
    consumer = clients.make_consumer(KafkaSettings(), Topic.SESSION_EVENTS, Topic.REPORTS, stage="analytics")
    assert consumer.options["isolation_level"] == "read_committed"


def test_the_prefix_is_put_before_topics_and_groups() -> None:
    consumer = clients.make_consumer(KafkaSettings(prefix="school."), Topic.REPORTS, stage="analytics")
    assert consumer.topics == ("school.reports",)
    assert consumer.options["group_id"] == "school.analytics"


def test_without_a_stage_no_group_is_joined() -> None:
    consumer = clients.make_consumer(KafkaSettings(), Topic.REPLIES, stage=None)
    assert consumer.topics == ()
    assert consumer.options["group_id"] is None


def test_producers_are_idempotent_and_wait_for_all_replicas() -> None:
    options = clients.make_producer(KafkaSettings()).options
    assert options["acks"] == "all"
    assert options["enable_idempotence"] is True


def test_a_transactional_producer_has_an_id_and_a_short_timeout() -> None:
    options = clients.make_transactional_producer(KafkaSettings(), "transcribe.3").options
    assert options["transactional_id"] == "transcribe.3"
    assert options["acks"] == "all"
    assert options["transaction_timeout_ms"] == 10_000


def test_credentials_are_passed_on_and_not_printed() -> None:
    settings = KafkaSettings(
        bootstrap="k:9093", security_protocol="SASL_SSL", sasl_username="rostrum", sasl_password="s3cret"
    )
    options = clients.connection_options(settings)
    assert options["sasl_plain_password"] == "s3cret"
    assert options["ssl_context"].verify_mode.name == "CERT_REQUIRED"
    assert "s3cret" not in repr(settings)


@given(st.binary(), st.integers(1, 64))
def test_a_key_goes_where_kafka_itself_puts_it(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    for _ in range(2):  # computed, and remembered
        assert clients.partition_for(key, every, every) == DefaultPartitioner()(key, every, every)


def test_a_record_without_a_key_goes_to_an_available_partition() -> None:
    assert clients.partition_for(None, [0, 1, 2], [1]) == 1
