"""FastStream, wired with guarantees that its defaults do not give."""

import inspect
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from faststream.middlewares import AckPolicy
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from pydantic import SecretStr

from infra.kafka.clients import make_consumer
from infra.kafka.handlers import make_broker, subscription
from infra.kafka.settings import KafkaSettings
from schemas.topics import Topic

LOCAL = KafkaSettings(bootstrap="", port=19092, prefix="t-")


@pytest.mark.parametrize("topic", list(Topic))
def test_isolation_follows_the_topic_and_acks_are_manual(topic: Topic) -> None:
    guarantees = subscription(LOCAL, topic.value, "analyze")
    assert guarantees["ack_policy"] is AckPolicy.MANUAL
    assert guarantees["group_id"] == "t-analyze"
    assert guarantees["auto_offset_reset"] == "earliest"
    assert (guarantees["isolation_level"] == "read_committed") is topic.value.read_committed
    assert guarantees["max_partition_fetch_bytes"] >= topic.value.max_message_bytes


async def test_the_guarantees_are_those_of_make_consumer() -> None:
    consumer = make_consumer(LOCAL, Topic.TRANSCRIPTS, stage="analyze")
    guarantees = subscription(LOCAL, Topic.TRANSCRIPTS.value, "analyze")
    for name in ("isolation_level", "auto_offset_reset", "session_timeout_ms", "heartbeat_interval_ms", "group_id"):
        assert guarantees[name] == getattr(consumer, f"_{name}"), name
    await consumer.stop()


async def test_faststreams_consumer_never_auto_commits() -> None:
    subscriber: Any = make_broker(LOCAL, graceful_s=1).subscriber(
        "t-transcripts", **subscription(LOCAL, Topic.TRANSCRIPTS.value, "analyze")
    )
    given = subscriber._connection_args
    assert given["enable_auto_commit"] is False
    assert set(given) <= set(inspect.signature(AIOKafkaConsumer).parameters)


@pytest.mark.parametrize(
    ("security", "mechanism", "kind"),
    [
        ("PLAINTEXT", "PLAIN", type(None)),
        ("SSL", "PLAIN", BaseSecurity),
        ("SASL_PLAINTEXT", "PLAIN", SASLPlaintext),
        ("SASL_SSL", "SCRAM-SHA-256", SASLScram256),
        ("SASL_SSL", "SCRAM-SHA-512", SASLScram512),
    ],
)
def test_security(security: Any, mechanism: Any, kind: type[BaseSecurity] | type[None]) -> None:
    settings = LOCAL.model_copy(
        update={
            "security_protocol": security,
            "sasl_mechanism": mechanism,
            "sasl_username": "u",
            "sasl_password": SecretStr("p"),
        }
    )
    broker: Any = make_broker(settings, graceful_s=1)
    used = broker.specification.security
    assert type(used) is kind
    if used is not None:
        assert used.use_ssl is security.endswith("SSL")
    if isinstance(used, SASLPlaintext | SASLScram256 | SASLScram512):
        assert (used.username, used.password) == ("u", "p")
