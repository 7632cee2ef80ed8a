"""Kafka clients are made in one place, so that durability and isolation are the same everywhere."""

import ssl
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner, murmur2

from infra.errors import SettingsError
from infra.kafka.settings import KafkaSettings
from schemas.topics import Topic

_MAX_REQUEST_BYTES = 16 * 1024 * 1024
# aiokafka computes the hash in pure Python, and all records of a session have the same key.
_murmur2: Callable[[bytes], int] = lru_cache(maxsize=16_384)(murmur2)
_default_partitioner = DefaultPartitioner()


def partition_for(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:
    """Kafka's own choice by a record's key, with the hashes of recent keys cached. `partitions`: all of the topic's, in
    order; `available`: those that currently have a leader."""
    if key is None:
        return int(_default_partitioner(key, partitions, available))
    return partitions[(_murmur2(key) & 0x7FFFFFFF) % len(partitions)]


def connection_options(settings: KafkaSettings) -> dict[str, Any]:
    """Options that every aiokafka client needs to reach the cluster."""
    common: dict[str, Any] = {
        "bootstrap_servers": settings.address,
        "security_protocol": settings.security_protocol,
        # Speakers would notice the default of 100 ms after every metadata change.
        "retry_backoff_ms": 50,
    }
    if settings.security_protocol in ("SSL", "SASL_SSL"):
        try:
            common["ssl_context"] = ssl.create_default_context(cafile=settings.ssl_ca_file or None)
        except OSError as error:
            raise SettingsError(
                f"KAFKA_SSL_CA_FILE: cannot read {settings.ssl_ca_file!r} ({error}).",
                "Give a PEM file with the certificate authority's certificate.",
            ) from error
    if settings.security_protocol.startswith("SASL"):
        common["sasl_mechanism"] = settings.sasl_mechanism
        common["sasl_plain_username"] = settings.sasl_username
        common["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return common


def make_producer(settings: KafkaSettings, **extra: Any) -> AIOKafkaProducer:
    """An idempotent producer that waits for all in-sync replicas."""
    return AIOKafkaProducer(**{**_producer_options(settings), **extra})


def make_transactional_producer(settings: KafkaSettings, transactional_id: str) -> AIOKafkaProducer:
    """A transactional producer. Starting it fences all earlier producers with the same id: they can commit nothing
    more."""
    options = _producer_options(settings) | {
        # A transaction takes milliseconds. One whose producer has died holds up all readers of its partitions.
        "transaction_timeout_ms": 10_000,
        # The broker has a transaction retried until the markers of the one just before it are written.
        "retry_backoff_ms": 10,
    }
    return AIOKafkaProducer(**options, transactional_id=transactional_id)


def _producer_options(settings: KafkaSettings) -> dict[str, Any]:
    return {
        **connection_options(settings),
        "partitioner": partition_for,
        "enable_idempotence": True,
        "acks": "all",
        "max_request_size": _MAX_REQUEST_BYTES,
        # The default of 16,384 bytes holds two audio frames.
        "max_batch_size": 256 * 1024,
    }


def make_consumer(settings: KafkaSettings, *topics: Topic, stage: str | None, **extra: Any) -> AIOKafkaConsumer:
    """A consumer without auto-commit that reads only committed records of topics written in transactions. Without a
    stage it joins no group, and its partitions are assigned manually."""
    committed = any(topic.value.read_committed for topic in topics)
    return AIOKafkaConsumer(
        *((settings.topic(topic) for topic in topics) if stage else ()),
        **connection_options(settings),
        group_id=settings.group(stage) if stage else None,
        enable_auto_commit=False,
        isolation_level="read_committed" if committed else "read_uncommitted",
        auto_offset_reset="earliest",
        # A killed member's partitions are reassigned after this long; heartbeats keep a busy member in the group.
        session_timeout_ms=6000,
        heartbeat_interval_ms=1500,
        **extra,
    )


def make_admin(settings: KafkaSettings) -> AIOKafkaAdminClient:
    return AIOKafkaAdminClient(**connection_options(settings))
