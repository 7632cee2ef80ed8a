"""What was said: the facts on `transcripts`."""

from typing import Literal

from schemas.base import Schema, SessionEvent
from schemas.sessions import EndCause, Question
from schemas.words import Word


class Final(Schema):
    """Words that will not change. Numbers begin at 1 and have no gaps; `words` joined by spaces give `text`."""

    number: int
    text: str
    start_ms: int
    end_ms: int
    question: int | None
    words: tuple[Word, ...]


class Answer(Schema):
    """All that was said to one question (or, with `question` null, before any). An answer taken up again later
    continues the same entry."""

    question: int | None
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
    """A final of a session, as the client is about to see it."""

    type: Literal["transcript_final"] = "transcript_final"
    version: Literal[1] = 1
    final: Final


class SessionTranscribed(SessionEvent):
    """A session's `end` has been worked through: the whole transcript, complete in itself."""

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
    """The client of an ended session came back elsewhere: its report goes to this address now."""

    type: Literal["session_readdressed"] = "session_readdressed"
    version: Literal[1] = 1
    conn: str
    reply_to: int
