"""The ingestion from Kafka to ClickHouse: read, decode, store, send poison records to the dead letters, commit.

Offsets are committed only once everything read is stored, so nothing is lost. Records that are read twice after a crash
make the same rows again, of which the tables keep one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from analytics import metrics
from analytics.core.decode import UndecodableRecord, decode
from analytics.core.rows import LogPosition, TableRow, rows_of
from analytics.ports import DeadLetterSink, FactRecord, FactSource, RowWriter
from analytics.retry import Retry
from infra.errors import Unprocessable
from schemas.topics import Topic

TOPICS = (Topic.SESSION_EVENTS, Topic.TRANSCRIPTS, Topic.WORD_COUNTS, Topic.REPORTS)


@dataclass(frozen=True)
class DecodedRecord:
    source: FactRecord
    rows: Sequence[TableRow]


@dataclass(frozen=True)
class PoisonRecord:
    """A record that can never be stored."""

    source: FactRecord
    reason: str


class Ingest:
    """`create_competitions`: a session in an unknown competition creates that competition."""

    def __init__(
        self,
        source: FactSource,
        writer: RowWriter,
        dead_letters: DeadLetterSink,
        retry: Retry,
        *,
        create_competitions: bool,
    ) -> None:
        self._source = source
        self._writer = writer
        self._dead_letters = dead_letters
        self._retry = retry
        self._create_competitions = create_competitions

    async def run(self) -> None:
        """Runs until the stage is stopping. A step that fails is retried for as long as it takes, and nothing is
        committed meanwhile. Raises Unavailable if the stage is stopped first: the records are then read again."""
        while not self._retry.stopping:
            if batch := await self._retry("kafka", self._source.read):
                started_s = time.monotonic()
                decoded, poison = self.decode(batch)
                poison += await self._retry("clickhouse", self.store, decoded)
                await self._retry("kafka", self.dead_letter, poison)
                _measure(batch, time.monotonic() - started_s)
            await self._retry("kafka", self._source.commit)

    def decode(self, batch: Sequence[FactRecord]) -> tuple[list[DecodedRecord], list[PoisonRecord]]:
        """Each record's rows, and the records that are not events of their topic."""
        decoded, poison = [], []
        for source in batch:
            try:
                event = decode(source.topic, source.record.value)
            except UndecodableRecord as error:
                poison.append(PoisonRecord(source, str(error)))
            else:
                position = LogPosition(source.record.timestamp, source.record.offset)
                rows = rows_of(event, position, create_competitions=self._create_competitions)
                decoded.append(DecodedRecord(source, rows))
        return decoded, poison

    async def store(self, batch: Sequence[DecodedRecord]) -> list[PoisonRecord]:
        """Stores all rows at once, or record by record if a value among them cannot be stored. Returns the records that
        cannot be stored."""
        try:
            await self._writer.insert([row for decoded in batch for row in decoded.rows])
        except Unprocessable:
            return [poison for decoded in batch if (poison := await self._store_one(decoded))]
        return []

    async def _store_one(self, decoded: DecodedRecord) -> PoisonRecord | None:
        try:
            await self._writer.insert(decoded.rows)
        except Unprocessable as error:
            return PoisonRecord(decoded.source, error.message)
        return None

    async def dead_letter(self, poison: Sequence[PoisonRecord]) -> None:
        for each in poison:
            await self._dead_letters.send(each.source.record, each.reason)
            metrics.DEAD_LETTERS.labels(each.source.topic.value.name).inc()


def _measure(batch: Sequence[FactRecord], took_s: float) -> None:
    for source in batch:
        metrics.EVENTS.labels(source.topic.value.name).inc()
    metrics.INSERT_DURATION_SECONDS.observe(took_s)
    newest_ms = max(source.record.timestamp for source in batch)
    metrics.INGEST_LAG_SECONDS.set(max(0.0, time.time() - newest_ms / 1000))
