"""Apache Kafka for a single test, which may kill and restart it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from infra.settings import LocalSettings, load
from local.jars import KAFKA, install
from local.kafka_node import prepare
from local.tcp_ports import free_port
from tests.support.processes.java_program import JavaProgram, started


@asynccontextmanager
async def own_kafka(folder: Path) -> AsyncIterator[tuple[KafkaSettings, JavaProgram]]:
    """Runs a node with all topics while the block runs."""
    port = free_port()
    settings = KafkaSettings(port=port, bootstrap="", prefix="")
    jars = await asyncio.to_thread(install, KAFKA, load(LocalSettings).cache)
    command = await asyncio.to_thread(prepare, folder / "kafka", jars, port)
    with started(command, port, folder / "kafka.log") as broker:
        await create_topics(settings)
        yield settings, broker
