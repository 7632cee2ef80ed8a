"""A Kafka broker of a benchmark's own, on a free port, with data that is thrown away."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from bench.support.processes import dying_with_us, listens, running
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from infra.settings import LocalSettings, load
from local.jars import KAFKA, install
from local.kafka_node import prepare
from local.tcp_ports import free_port


@asynccontextmanager
async def kafka_broker(
    folder: Path, *, partitions: int = 4, audio_retention_bytes: int = -1, launcher: Sequence[str] = ()
) -> AsyncIterator[KafkaSettings]:
    """A broker with all topics. `launcher`: a command put before its own."""
    port, log = free_port(), folder / "kafka.log"
    command = await asyncio.to_thread(prepare, folder / "kafka", install(KAFKA, load(LocalSettings).cache), port)
    settings = KafkaSettings(
        port=port, bootstrap="", prefix="", partitions=partitions, audio_retention_bytes=audio_retention_bytes
    )
    async with running(dying_with_us([*launcher, *command]), dict(os.environ), log, partial(listens, port)):
        await create_topics(settings)
        yield settings
