"""A session's log: the records on `audio.frames` besides the audio itself, in order."""

from enum import StrEnum
from typing import Literal

from schemas.base import Event, Schema, SessionEvent


class RecordKind(StrEnum):
    """Value of the `kind` header of a record in a session's log."""

    START = "start"
    FRAME = "frame"
    QUESTIONS = "questions"
    ANSWER = "answer"
    RESUME = "resume"
    ALIVE = "alive"
    END = "end"


class EndCause(StrEnum):
    """Why a session ended."""

    CLIENT = "client"
    """The client sent `end`."""
    IDLE = "idle"
    """The client was disconnected for the whole grace period."""
    LENGTH = "length"
    """The session reached its maximum length."""
    EXPIRED = "expired"
    """The client's token expired and was not renewed."""


class Question(Schema):
    """A question for the speaker. Numbers start at 1."""

    number: int
    text: str


class SessionStarted(SessionEvent):
    """A session started. Value of a `start` record, and of `session.events`; `at_ms` is the session's start."""

    type: Literal["session_started"] = "session_started"
    version: Literal[1] = 1
    language: str
    topic: str | None
    question_count: int


class QuestionsAsked(Event):
    """The questions of a session. Only the first such record in a log counts."""

    type: Literal["questions_asked"] = "questions_asked"
    version: Literal[1] = 1
    session_id: str
    questions: tuple[Question, ...]
    source: Literal["llm", "bank"]


class AnswerBegun(Event):
    """From this sample on, the speaker answers this question."""

    type: Literal["answer_begun"] = "answer_begun"
    version: Literal[1] = 1
    session_id: str
    question: int
    from_sample: int


class ConnectionResumed(Event):
    """The client resumed the session over another connection, which the headers name. Records that an older connection
    writes after this one are ignored."""

    type: Literal["connection_resumed"] = "connection_resumed"
    version: Literal[1] = 1
    session_id: str
    have_final: int
    """Number of the last final that the client has received; 0 for none."""
    from_frame: int
    """The first frame that the client sends over the new connection."""


class ConnectionAlive(Event):
    """A heartbeat: the client's connection is open, though it sends no audio."""

    type: Literal["connection_alive"] = "connection_alive"
    version: Literal[1] = 1
    session_id: str


class SessionEnded(Event):
    """The session ended; no audio follows."""

    type: Literal["session_ended"] = "session_ended"
    version: Literal[1] = 1
    session_id: str
    cause: EndCause
    last_offset: int | None = None
    """For an idle end: offset of the session's last record when the end was written. If another record of the session
    comes between the two, the end is ignored."""
