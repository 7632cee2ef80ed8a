"""Kafka clients, made in one place, so that durability and isolation are the same everywhere."""

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
# What aiokafka computes in Python; a session's records all bear the same key.
_hashed: Callable[[bytes], int] = lru_cache(maxsize=16_384)(murmur2)
_by_chance = DefaultPartitioner()


def partition_for(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:
    """Kafka's own choice by a record's key, with the hashes of recent keys remembered. `partitions`: all of the
    topic's, in order; `available`: those that have a leader now."""
    if key is None:
        return int(_by_chance(key, partitions, available))
    return partitions[(_hashed(key) & 0x7FFFFFFF) % len(partitions)]


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """What every aiokafka client needs to reach the cluster."""
    common: dict[str, Any] = {
        "bootstrap_servers": settings.address,
        "security_protocol": settings.security_protocol,
        # The default of 100 ms is felt by speakers after every metadata change.
        "retry_backoff_ms": 50,
    }
    if settings.security_protocol in ("SSL", "SASL_SSL"):
        try:
            common["ssl_context"] = ssl.create_default_context(cafile=settings.ssl_ca_file or None)
        except OSError as error:
            raise SettingsError(
                f"KAFKA_SSL_CA_FILE: cannot read {settings.ssl_ca_file!r} ({error}).",
                "Name a PEM file with the authority's certificate.",
            ) from error
    if settings.security_protocol.startswith("SASL"):
        common["sasl_mechanism"] = settings.sasl_mechanism
        common["sasl_plain_username"] = settings.sasl_username
        common["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return common


def make_producer(settings: KafkaSettings, **extra: Any) -> AIOKafkaProducer:
    """A producer that never writes a record twice and waits for all replicas in sync."""
    return AIOKafkaProducer(**{**_producing(settings), **extra})


def make_transactional_producer(settings: KafkaSettings, transactional_id: str) -> AIOKafkaProducer:
    """A producer of transactions. When one is started, those of the same id before it can commit nothing more."""
    options = _producing(settings) | {
        # A transaction takes milliseconds. One whose producer is gone holds up all readers of its partitions.
        "transaction_timeout_ms": 10_000,
        # One that follows another at once is told to try again until the markers of the first are written.
        "retry_backoff_ms": 10,
    }
    return AIOKafkaProducer(**options, transactional_id=transactional_id)


def _producing(settings: KafkaSettings) -> dict[str, Any]:
    return {
        **connection(settings),
        "partitioner": partition_for,
        "enable_idempotence": True,
        "acks": "all",
        "max_request_size": _MAX_REQUEST_BYTES,
        # The default of 16,384 bytes holds two audio frames.
        "max_batch_size": 256 * 1024,
    }


def make_consumer(settings: KafkaSettings, *topics: Topic, stage: str | None, **extra: Any) -> AIOKafkaConsumer:
    """A consumer that commits only when told to, and sees only what is committed on topics written in transactions.
    Without a stage it joins no group and is given its partitions by hand."""
    committed = any(topic.value.read_committed for topic in topics)
    return AIOKafkaConsumer(
        *((settings.topic(topic) for topic in topics) if stage else ()),
        **connection(settings),
        group_id=settings.group(stage) if stage else None,
        enable_auto_commit=False,
        isolation_level="read_committed" if committed else "read_uncommitted",
        auto_offset_reset="earliest",
        # A killed member's partitions are taken over after this long; heartbeats keep a busy one in.
        session_timeout_ms=6000,
        heartbeat_interval_ms=1500,
        **extra,
    )


def make_admin(settings: KafkaSettings) -> AIOKafkaAdminClient:
    return AIOKafkaAdminClient(**connection(settings))
