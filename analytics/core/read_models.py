"""The read models: the values that storage returns and that the API gives as JSON.

Points in time are UTC datetimes (ISO 8601 in JSON). Times within a session are milliseconds from its first sample."""

from datetime import datetime
from typing import Literal

from schemas.base import Schema
from schemas.reports import Report
from schemas.sessions import Question
from schemas.transcripts import Final


class Competition(Schema):
    id: str
    name: str
    time_zone: str = "UTC"
    starts_at: datetime | None = None
    """A whole hour, or null for no beginning; `ends_at` likewise."""
    ends_at: datetime | None = None
    entry: Literal["open", "claim"] = "open"
    """Open to everybody, or only to users whose token has the claim."""
    org: str = ""
    """Empty: it belongs to no school."""
    groups: tuple[str, ...] = ()


class LeaderboardEntry(Schema):
    rank: int
    """Equal words share a rank, and the ranks after them are skipped."""
    user_id: str | None
    """Null if the reader may not see user ids."""
    display_name: str
    words: int
    sessions: int


class StoredSession(Schema):
    """A session as far as it is known."""

    session_id: str
    user_id: str
    display_name: str
    org: str
    groups: tuple[str, ...]
    mode: str
    competition: str | None
    started_at: datetime
    language: str
    topic: str | None
    ended_by: str | None
    """Null while the session is running. The totals are zero until then."""
    live: bool
    words: int
    speech_ms: int
    audio_ms: int
    words_per_minute: float
    finals: int
    model: str | None
    questions_source: str | None
    questions: tuple[Question, ...]


class TranscriptAnswer(Schema):
    """Everything said in answer to one question."""

    question: int | None
    """Null for speech before the first question."""
    question_text: str | None
    text: str
    finals: tuple[Final, ...]


class Transcript(Schema):
    """A session and its transcript."""

    state: Literal["running", "ended"]
    report: Literal["pending", "ready", "failed"]
    session: StoredSession
    answers: tuple[TranscriptAnswer, ...]
    """While the session is running: the finals so far."""


class StoredReport(Schema):
    """A session's first report of the newest analysis version. Either `report` or `error` is set."""

    session_id: str
    analysis_version: int
    report: Report | None
    error: str | None


class PastSession(Schema):
    """A session in a user's history."""

    session_id: str
    started_at: datetime
    mode: str
    competition: str | None
    ended_by: str | None
    live: bool
    words: int
    speech_ms: int
    words_per_minute: float


class UserProgress(Schema):
    """A user's newest 200 sessions, newest first, with totals over them."""

    user_id: str
    words: int
    speech_ms: int
    sessions: tuple[PastSession, ...]
