"""The chain from Kafka to ClickHouse: read, decode, store, divert what is poison, commit.

Offsets are committed only when everything read is stored, so nothing is lost; what is read twice after a crash makes
the same rows again, and the tables keep one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics import metrics
from analytics.core.decode import Undecodable, decode
from analytics.core.rows import Place, Row, rows_of
from analytics.retry import Retry
from infra.errors import Unprocessable
from infra.kafka.dead_letters import KafkaRecord
from schemas.topics import Topic

TOPICS = (Topic.SESSION_EVENTS, Topic.TRANSCRIPTS, Topic.WORD_COUNTS, Topic.REPORTS)


@dataclass(frozen=True)
class Logged:
    """A record, and which of our topics it is from."""

    topic: Topic
    record: KafkaRecord


@dataclass(frozen=True)
class Decoded:
    logged: Logged
    rows: Sequence[Row]


@dataclass(frozen=True)
class Poison:
    logged: Logged
    reason: str


class Log(Protocol):
    """The topics. Both methods raise Unavailable."""

    async def read(self) -> Sequence[Logged]:
        """The next records, or none after a short while."""
        ...

    async def commit(self) -> None:
        """Everything read so far need not be read again."""
        ...


class Store(Protocol):
    async def insert(self, rows: Sequence[Row]) -> None:
        """Raises Unavailable, or Unprocessable if a value can never be stored."""
        ...


class DeadLetters(Protocol):
    async def send(self, record: KafkaRecord, reason: str) -> None:
        """Returns once the letter is safe. Raises Unavailable."""
        ...


class Ingest:
    """`make_competitions`: a session in an unknown competition opens it."""

    def __init__(
        self, log: Log, store: Store, dead_letters: DeadLetters, retry: Retry, *, make_competitions: bool
    ) -> None:
        self._log = log
        self._store = store
        self._dead_letters = dead_letters
        self._retry = retry
        self._make_competitions = make_competitions

    async def run(self) -> None:
        """Until the stage is to stop. What cannot be done now is tried again for as long as it takes, and nothing is
        committed meanwhile. Raises Unavailable if the end came first: the records come again after the next start."""
        while not self._retry.stopping:
            if batch := await self._retry("kafka", self._log.read):
                started = time.monotonic()
                decoded, poison = self.decode(batch)
                poison += await self._retry("clickhouse", self.store, decoded)
                await self._retry("kafka", self.divert, poison)
                _measure(batch, time.monotonic() - started)
            await self._retry("kafka", self._log.commit)

    def decode(self, batch: Sequence[Logged]) -> tuple[list[Decoded], list[Poison]]:
        """Each record's rows, and the records that are no event of their topic."""
        decoded, poison = [], []
        for logged in batch:
            try:
                event = decode(logged.topic, logged.record.value)
            except Undecodable as error:
                poison.append(Poison(logged, str(error)))
            else:
                place = Place(logged.record.timestamp, logged.record.offset)
                decoded.append(Decoded(logged, rows_of(event, place, make_competitions=self._make_competitions)))
        return decoded, poison

    async def store(self, batch: Sequence[Decoded]) -> list[Poison]:
        """All at once; if a value among them cannot be stored, record by record. Gives the records that cannot."""
        try:
            await self._store.insert([row for decoded in batch for row in decoded.rows])
        except Unprocessable:
            return [poison for decoded in batch if (poison := await self._store_one(decoded))]
        return []

    async def _store_one(self, decoded: Decoded) -> Poison | None:
        try:
            await self._store.insert(decoded.rows)
        except Unprocessable as error:
            return Poison(decoded.logged, error.message)
        return None

    async def divert(self, poison: Sequence[Poison]) -> None:
        """To the dead letters, so that it blocks nothing."""
        for letter in poison:
            await self._dead_letters.send(letter.logged.record, letter.reason)
            metrics.POISON.labels(letter.logged.topic.value.name).inc()


def _measure(batch: Sequence[Logged], took_s: float) -> None:
    for logged in batch:
        metrics.EVENTS.labels(logged.topic.value.name).inc()
    metrics.STORE_S.observe(took_s)
    newest_ms = max(logged.record.timestamp for logged in batch)
    metrics.BEHIND_S.set(max(0.0, time.time() - newest_ms / 1000))
