"""What analytics knows and says: the values that storage gives, and that the API returns as JSON.

Moments are UTC datetimes (ISO 8601 in JSON); times within a session are milliseconds from its first sample."""

from datetime import datetime
from typing import Literal

from schemas.base import Schema
from schemas.reports import Report
from schemas.sessions import Question
from schemas.transcripts import Final


class Competition(Schema):
    """`starts_at` and `ends_at` are whole hours or null. `org` empty: of no school. `entry`: open to all, or only to
    those whose token says so."""

    id: str
    name: str
    time_zone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    entry: Literal["open", "claim"] = "open"
    org: str = ""
    groups: tuple[str, ...] = ()


class Standing(Schema):
    """A line of a leaderboard. Equal words share a rank, and the ranks after them are left out. `user_id` is null where
    readers are not told."""

    rank: int
    user_id: str | None
    display_name: str
    words: int
    sessions: int


class Session(Schema):
    """A session as far as it is known. While it runs, `ended_by` is null and the totals are zero."""

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
    live: bool
    words: int
    speech_ms: int
    audio_ms: int
    words_per_minute: float
    finals: int
    model: str | None
    questions_source: str | None
    questions: tuple[Question, ...]


class Answer(Schema):
    """All that was said to one question, or before any (`question` null)."""

    question: int | None
    question_text: str | None
    text: str
    finals: tuple[Final, ...]


class Transcript(Schema):
    """A session and what was said in it. While `state` is `running`, `answers` holds what is certain so far."""

    state: Literal["running", "ended"]
    report: Literal["pending", "ready", "failed"]
    session: Session
    answers: tuple[Answer, ...]


class StoredReport(Schema):
    """The report that counts. Either `report` or `error` is set."""

    session_id: str
    analysis_version: int
    report: Report | None
    error: str | None


class PastSession(Schema):
    """A line of a speaker's progress."""

    session_id: str
    started_at: datetime
    mode: str
    competition: str | None
    ended_by: str | None
    live: bool
    words: int
    speech_ms: int
    words_per_minute: float


class Progress(Schema):
    """A speaker's sessions, newest first (the newest 200), and totals over those listed."""

    user_id: str
    words: int
    speech_ms: int
    sessions: tuple[PastSession, ...]
