"""The topics, declared once: creation, documentation and tests read them from here."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from schemas.base import Event, Schema
from schemas.counts import WordsCounted
from schemas.dead_letters import DeadLetter, DeadLetterRetried
from schemas.replies import Reply
from schemas.reports import ReportReady
from schemas.sessions import AnswerBegun, ConnectionAlive, QuestionsAsked, SessionEnded, SessionStarted
from schemas.transcripts import SessionReaddressed, SessionTranscribed, TranscriptFinal

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_DEFAULT_MAX_BYTES = 1_048_588
_WHOLE_SESSION_MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class TopicSpec:
    """`partitions`: "sessions" for the topics in which a session has the same partition, fixed at creation; "any" for
    the others. `read_committed`: its readers must not see what a transaction has not committed."""

    name: str
    key: Literal["session id", "user id", "as the source"]
    values: tuple[type[Event], ...]
    partitions: Literal["sessions", "any"]
    keep_ms: int
    max_message_bytes: int = _DEFAULT_MAX_BYTES
    read_committed: bool = False

    def config(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.keep_ms),
            "max.message.bytes": str(self.max_message_bytes),
        }


class _TypeOnly(Schema):
    type: str


class Topic(Enum):
    """All topics of Rostrum."""

    AUDIO_FRAMES = TopicSpec(
        "audio.frames",
        "session id",
        (SessionStarted, QuestionsAsked, AnswerBegun, ConnectionAlive, SessionEnded),
        "sessions",
        7 * DAY_MS,
    )
    SESSION_EVENTS = TopicSpec("session.events", "session id", (SessionStarted,), "any", 30 * DAY_MS)
    TRANSCRIPTS = TopicSpec(
        "transcripts",
        "session id",
        (TranscriptFinal, SessionTranscribed, SessionReaddressed),
        "sessions",
        30 * DAY_MS,
        _WHOLE_SESSION_MAX_BYTES,
        read_committed=True,
    )
    WORD_COUNTS = TopicSpec("word.counts", "user id", (WordsCounted,), "any", 30 * DAY_MS, read_committed=True)
    REPORTS = TopicSpec(
        "reports", "session id", (ReportReady,), "sessions", 30 * DAY_MS, _WHOLE_SESSION_MAX_BYTES, read_committed=True
    )
    REPLIES = TopicSpec("replies", "session id", (Reply,), "any", HOUR_MS, _WHOLE_SESSION_MAX_BYTES)
    DEAD_LETTERS = TopicSpec(
        "dead.letters",
        "as the source",
        (DeadLetter, DeadLetterRetried),
        "any",
        30 * DAY_MS,
        2 * _WHOLE_SESSION_MAX_BYTES,
    )


def parse_event(topic: Topic, value: bytes) -> Event:
    """The event in a record's value. Raises ValueError if it is none of the topic's."""
    by_type = {model.model_fields["type"].default: model for model in topic.value.values}
    kind = _TypeOnly.model_validate_json(value).type
    if kind not in by_type:
        raise ValueError(f"{topic.value.name} carries {', '.join(by_type)}, not {kind!r}")
    return by_type[kind].model_validate_json(value)
