"""The records of a session's log, as the transcriber's core sees them."""

from dataclasses import dataclass

from schemas.sessions import (
    AnswerBegun,
    ConnectionAlive,
    ConnectionResumed,
    QuestionsAsked,
    SessionEnded,
    SessionStarted,
)


@dataclass(frozen=True)
class StartRecord:
    """A session begins."""

    started: SessionStarted
    conn: str
    """The connection that speaks for the session."""
    reply_to: int
    """The partition of `replies` that the connection's edge reads."""


@dataclass(frozen=True)
class ResumeRecord:
    """The session's client has returned, over this connection."""

    resumed: ConnectionResumed
    conn: str
    reply_to: int


@dataclass(frozen=True)
class FrameRecord:
    """A frame of audio."""

    seq: int
    """Its number, counted from 0."""
    pcm: bytes
    """16 bit little-endian."""


RecordBody = StartRecord | ResumeRecord | FrameRecord | QuestionsAsked | AnswerBegun | ConnectionAlive | SessionEnded


@dataclass(frozen=True)
class RecordPosition:
    partition: int
    offset: int
    timestamp_ms: int
    """The record's time in the log: Unix time in milliseconds."""


@dataclass(frozen=True)
class SessionLogRecord:
    session_id: str
    partition: int
    offset: int
    timestamp_ms: int
    body: RecordBody
    conn: str = ""
    """The connection that wrote it; empty if none did."""

    @property
    def position(self) -> RecordPosition:
        return RecordPosition(self.partition, self.offset, self.timestamp_ms)
