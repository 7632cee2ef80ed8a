"""Transcripts: the events on `transcripts`."""

from typing import Literal

from schemas.base import Schema, SessionEvent
from schemas.sessions import EndCause, Question
from schemas.words import Word


class Final(Schema):
    """A piece of transcript that will not change."""

    number: int
    """Counts from 1, without gaps."""
    text: str
    """The words, joined by spaces."""
    start_ms: int
    end_ms: int
    question: int | None
    words: tuple[Word, ...]


class Answer(Schema):
    """Everything said in answer to one question. If the speaker returns to a question, the answer continues."""

    question: int | None
    """Null for speech before the first question."""
    start_ms: int
    end_ms: int
    finals: tuple[Final, ...]

    @property
    def text(self) -> str:
        return " ".join(final.text for final in self.finals)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for final in self.finals for word in final.words)


class TranscriptFinal(SessionEvent):
    """A final was published. The client receives it after this event is committed."""

    type: Literal["transcript_final"] = "transcript_final"
    version: Literal[1] = 1
    final: Final


class SessionTranscribed(SessionEvent):
    """A session was transcribed to its end. Holds the whole transcript and needs no earlier event."""

    type: Literal["session_transcribed"] = "session_transcribed"
    version: Literal[1] = 1
    started_at_ms: int
    language: str
    topic: str | None
    questions: tuple[Question, ...]
    questions_source: Literal["llm", "bank"] | None
    answers: tuple[Answer, ...]
    words: int
    speech_ms: int
    audio_ms: int
    words_per_minute: float
    finals: int
    live: bool
    ended_by: EndCause
    model: str
    conn: str
    reply_to: int


class SessionReaddressed(SessionEvent):
    """The client of an ended session reconnected: the report now goes to this address."""

    type: Literal["session_readdressed"] = "session_readdressed"
    version: Literal[1] = 1
    conn: str
    reply_to: int
