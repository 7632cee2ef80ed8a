"""Stands in for aiokafka's producer, with a broker that may refuse messages."""

import asyncio
from types import SimpleNamespace

from aiokafka.errors import KafkaError


class RefusingBroker:
    def __init__(self, *, has_partition_3: bool = True, **refuse: list[KafkaError]) -> None:
        """`refuse`: by topic, with `_` for `.`, the errors for its next messages."""
        self.refuse = {name.replace("_", "."): errors for name, errors in refuse.items()}
        self.accepted: list[tuple[str, int | None]] = []
        self.values: list[bytes] = []
        self.partitions = {0, 1}
        self.unknown_partitions = {3} if has_partition_3 else set()
        """Partitions that exist but are missing in the producer's metadata."""
        self.has_accepted = asyncio.Event()
        self.client = SimpleNamespace(force_metadata_update=self._update_metadata)

    async def _update_metadata(self) -> None:
        self.partitions |= self.unknown_partitions

    async def partitions_for(self, _topic: str) -> set[int]:
        return self.partitions

    async def send(self, topic: str, value: bytes, *, partition: int | None, **_: object) -> "asyncio.Future[None]":
        name = topic.removeprefix("t.")
        errors = self.refuse.get(name, [])
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if errors:
            future.set_exception(errors.pop(0))
        else:
            future.set_result(None)
            self.accepted.append((name, partition))
            self.values.append(value)
            self.has_accepted.set()
        return future

    async def send_and_wait(self, topic: str, value: bytes, **_: object) -> None:
        await (await self.send(topic, value, partition=None))
