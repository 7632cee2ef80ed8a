"""What the analytics stage needs of the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics.core.read_models import Competition, LeaderboardEntry, PastSession, StoredReport, StoredSession
from analytics.core.rows import TableRow
from analytics.core.time_ranges import TimeRange
from infra.kafka.dead_letters import KafkaRecord
from schemas.topics import Topic
from schemas.transcripts import Final


@dataclass(frozen=True)
class FactRecord:
    """A record of one of the topics that are ingested."""

    topic: Topic
    record: KafkaRecord


class FactSource(Protocol):
    """The topics that are ingested. Both methods raise Unavailable."""

    async def read(self) -> Sequence[FactRecord]:
        """The next records; none if there are no new ones for a short while."""
        ...

    async def commit(self) -> None:
        """Commit the offsets of all records read so far."""
        ...


class RowWriter(Protocol):
    """The tables, for writing."""

    async def insert(self, rows: Sequence[TableRow]) -> None:
        """Raises Unavailable, or Unprocessable if a value can never be stored."""
        ...


class DeadLetterSink(Protocol):
    """The topic `dead.letters`."""

    async def send(self, record: KafkaRecord, reason: str) -> None:
        """Returns once the broker has acknowledged the dead letter. Raises Unavailable."""
        ...


class FactStore(Protocol):
    """The tables, for the API. All methods raise Unavailable."""

    async def competitions(self) -> Sequence[Competition]: ...
    async def competition(self, competition_id: str) -> Competition | None: ...
    async def put_competition(self, competition: Competition, at_ms: int) -> None: ...
    async def leaderboard(self, competition_id: str, hours: TimeRange, limit: int) -> Sequence[LeaderboardEntry]: ...
    async def session(self, session_id: str) -> StoredSession | None: ...
    async def finals(self, session_id: str) -> Sequence[Final]: ...
    async def report(self, session_id: str) -> StoredReport | None: ...
    async def sessions_of(self, user_id: str, limit: int) -> Sequence[PastSession]: ...
    async def erase(self, user_id: str) -> None: ...
