"""A fact store in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from analytics.core.read_models import Competition, LeaderboardEntry, PastSession, StoredReport, StoredSession
from analytics.core.time_ranges import TimeRange
from infra.errors import Unavailable
from schemas.sessions import Question
from schemas.transcripts import Final
from tests.support.analytics.events import NINE_MS


def session(session_id: str = "s1", user_id: str = "ann", ended_by: str | None = "client") -> StoredSession:
    return StoredSession(
        session_id=session_id,
        user_id=user_id,
        display_name=user_id.capitalize(),
        org="north",
        groups=("7a",),
        mode="practice",
        competition=None,
        started_at=datetime.fromtimestamp(NINE_MS / 1000, UTC),
        language="en",
        topic=None,
        ended_by=ended_by,
        live=True,
        words=5,
        speech_ms=4000,
        audio_ms=6000,
        words_per_minute=75.0,
        finals=1,
        model="whisper-micro",
        questions_source="bank",
        questions=(Question(number=1, text="Where were you?"),),
    )


@dataclass
class FakeFactStore:
    """Set what is there; `broken` makes every method fail as when ClickHouse is away."""

    broken: bool = False
    known: dict[str, Competition] = field(default_factory=dict)
    entries: list[LeaderboardEntry] = field(default_factory=list)
    sessions: dict[str, StoredSession] = field(default_factory=dict)
    said: dict[str, list[Final]] = field(default_factory=dict)
    reports: dict[str, StoredReport] = field(default_factory=dict)
    asked: list[tuple[str, TimeRange, int]] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    put_at_ms: list[int] = field(default_factory=list)

    def _check(self) -> None:
        if self.broken:
            raise Unavailable("ClickHouse is away.", "Wait.")

    async def competitions(self) -> Sequence[Competition]:
        self._check()
        return list(self.known.values())

    async def competition(self, competition_id: str) -> Competition | None:
        self._check()
        return self.known.get(competition_id)

    async def put_competition(self, competition: Competition, at_ms: int) -> None:
        self._check()
        self.known[competition.id] = competition
        self.put_at_ms.append(at_ms)

    async def leaderboard(self, competition_id: str, hours: TimeRange, limit: int) -> Sequence[LeaderboardEntry]:
        self._check()
        self.asked.append((competition_id, hours, limit))
        return self.entries[:limit]

    async def session(self, session_id: str) -> StoredSession | None:
        self._check()
        return self.sessions.get(session_id)

    async def finals(self, session_id: str) -> Sequence[Final]:
        self._check()
        return self.said.get(session_id, [])

    async def report(self, session_id: str) -> StoredReport | None:
        self._check()
        return self.reports.get(session_id)

    async def sessions_of(self, user_id: str, limit: int) -> Sequence[PastSession]:
        self._check()
        mine = [one for one in self.sessions.values() if one.user_id == user_id]
        return [PastSession.model_validate(one.model_dump()) for one in mine[:limit]]

    async def erase(self, user_id: str) -> None:
        self._check()
        self.erased.append(user_id)
