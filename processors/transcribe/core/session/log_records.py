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
    """A session begins. `conn` names the connection that speaks for it, `reply_to` the partition of `replies` that
    reaches that connection's edge."""

    started: SessionStarted
    conn: str
    reply_to: int


@dataclass(frozen=True)
class ResumeRecord:
    """The session's client is there again, over this connection."""

    resumed: ConnectionResumed
    conn: str
    reply_to: int


@dataclass(frozen=True)
class FrameRecord:
    """A piece of audio: number `seq`, counted from 0, and its samples as 16 bit little-endian PCM."""

    seq: int
    pcm: bytes


RecordBody = StartRecord | ResumeRecord | FrameRecord | QuestionsAsked | AnswerBegun | ConnectionAlive | SessionEnded


@dataclass(frozen=True)
class RecordPosition:
    """Where a record stands. `timestamp_ms` is the time the log gives it: Unix time in milliseconds."""

    partition: int
    offset: int
    timestamp_ms: int


@dataclass(frozen=True)
class SessionLogRecord:
    """One record. `conn`: the connection that wrote it; empty if none did."""

    session_id: str
    partition: int
    offset: int
    timestamp_ms: int
    body: RecordBody
    conn: str = ""

    @property
    def place(self) -> RecordPosition:
        return RecordPosition(self.partition, self.offset, self.timestamp_ms)
