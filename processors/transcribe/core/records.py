"""The records of a session's log, as the transcriber's core sees them."""

from dataclasses import dataclass

from schemas.sessions import AnswerBegun, ConnectionAlive, QuestionsAsked, SessionEnded, SessionStarted


@dataclass(frozen=True)
class Start:
    """A session begins. `conn` names the connection that speaks for it, `reply_to` the partition of `replies` that
    reaches that connection's edge."""

    started: SessionStarted
    conn: str
    reply_to: int


@dataclass(frozen=True)
class Frame:
    """A piece of audio: number `seq`, counted from 0, and its samples as 16 bit little-endian PCM."""

    seq: int
    pcm: bytes


Body = Start | Frame | QuestionsAsked | AnswerBegun | ConnectionAlive | SessionEnded


@dataclass(frozen=True)
class LogRecord:
    """One record. `timestamp_ms` is the time the log gives it: Unix time in milliseconds."""

    session_id: str
    partition: int
    offset: int
    timestamp_ms: int
    body: Body
