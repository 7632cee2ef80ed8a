"""A session's log: what is written to `audio.frames`, in order, besides the audio itself."""

from enum import StrEnum
from typing import Literal

from schemas.base import Event, Schema, SessionEvent


class RecordKind(StrEnum):
    """Header `kind` of a record of a session's log."""

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
    """The speaker was done."""
    IDLE = "idle"
    """The speaker was gone for the whole grace."""
    LENGTH = "length"
    """The session had reached its greatest length."""
    EXPIRED = "expired"
    """The speaker's token ran out and no fresh one came."""


class Question(Schema):
    """A question put to the speaker; numbers begin at 1."""

    number: int
    text: str


class SessionStarted(SessionEvent):
    """A speaker began. Value of a `start` record and of `session.events`; `at_ms` is the session's start."""

    type: Literal["session_started"] = "session_started"
    version: Literal[1] = 1
    language: str
    topic: str | None
    question_count: int


class QuestionsAsked(Event):
    """The questions of a session. The first such record of a log counts, later ones are void."""

    type: Literal["questions_asked"] = "questions_asked"
    version: Literal[1] = 1
    session_id: str
    questions: tuple[Question, ...]
    source: Literal["llm", "bank"]


class AnswerBegun(Event):
    """From this sample on the speaker answers this question."""

    type: Literal["answer_begun"] = "answer_begun"
    version: Literal[1] = 1
    session_id: str
    question: int
    from_sample: int


class ConnectionResumed(Event):
    """The speaker goes on over another connection, which the headers name; what an older one still writes is void. The
    client has the finals up to number `have_final` (0: none), and its audio begins with frame `from_frame`."""

    type: Literal["connection_resumed"] = "connection_resumed"
    version: Literal[1] = 1
    session_id: str
    have_final: int
    from_frame: int


class ConnectionAlive(Event):
    """The speaker's socket is open, though nothing comes."""

    type: Literal["connection_alive"] = "connection_alive"
    version: Literal[1] = 1
    session_id: str


class SessionEnded(Event):
    """No more audio will come. `last_offset`, for an idle end, is that of the last record its writer saw: if another
    record of the session stands between, the end is void."""

    type: Literal["session_ended"] = "session_ended"
    version: Literal[1] = 1
    session_id: str
    cause: EndCause
    last_offset: int | None = None
