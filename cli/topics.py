"""`rostrum topics`: create missing topics, and list all of them."""

import asyncio
from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics, partition_counts
from infra.settings import load
from schemas.topics import DAY_MS, HOUR_MS, Topic


@click.command()
def topics() -> None:
    """Create Kafka topics that are missing, and list all of them."""
    settings = load(KafkaSettings)
    created, counts = asyncio.run(_create_and_count(settings))
    table = Table("topic", "key", "partitions", "retention", title=f"Topics at {settings.address}")
    for topic in Topic:
        table.add_row(
            settings.topic(topic), topic.value.key, str(counts.get(topic, 0)), _retention(topic.value.retention_ms)
        )
    console = Console()
    console.print(table)
    console.print(f"Created: {', '.join(created)}." if created else "No topic was missing.")


def _retention(retention_ms: int | None) -> str:
    if retention_ms is None:
        return "the newest of each key"
    return f"{retention_ms / DAY_MS:.3g} days" if retention_ms >= DAY_MS else f"{retention_ms / HOUR_MS:.3g} h"


async def _create_and_count(settings: KafkaSettings) -> tuple[list[str], Mapping[Topic, int]]:
    return await create_topics(settings), await partition_counts(settings)
