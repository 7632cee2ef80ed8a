"""The topics, declared once: creation, documentation and tests read them from here."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from schemas.base import Event, Schema
from schemas.counts import WordsCounted
from schemas.dead_letters import DeadLetter, DeadLetterRetried
from schemas.replies import Reply
from schemas.reports import ReportReady
from schemas.sessions import (
    AnswerBegun,
    ConnectionAlive,
    ConnectionResumed,
    QuestionsAsked,
    SessionEnded,
    SessionStarted,
)
from schemas.snapshots import StreamSnapshot
from schemas.transcripts import SessionReaddressed, SessionTranscribed, TranscriptFinal

_MINUTE_MS = 60_000
HOUR_MS = 60 * _MINUTE_MS
DAY_MS = 24 * HOUR_MS
_DEFAULT_MAX_BYTES = 1_048_588
_WHOLE_SESSION_MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class TopicSpec:
    """`partitions`: "sessions" for the topics in which a session has the same partition, fixed at creation; "any" for
    the others. `keep_ms`: how long a record stays; None: as long as it is its key's newest, and a deletion for ten
    minutes. `read_committed`: its readers must not see what a transaction has not committed."""

    name: str
    key: Literal["session id", "user id", "as the source"]
    values: tuple[type[Event], ...]
    partitions: Literal["sessions", "any"]
    keep_ms: int | None
    max_message_bytes: int = _DEFAULT_MAX_BYTES
    read_committed: bool = False

    def config(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        keeping = _NEWEST_OF_EACH_KEY if self.keep_ms is None else _for_a_time(self.keep_ms)
        return {**keeping, "max.message.bytes": str(self.max_message_bytes)}


def _for_a_time(keep_ms: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(keep_ms)}


_NEWEST_OF_EACH_KEY = {
    "cleanup.policy": "compact",
    # Whoever takes a partition over reads all of it: small segments are closed, and so compacted, early.
    "segment.bytes": str(16 * 1024 * 1024),
    "segment.ms": str(_MINUTE_MS),
    "min.cleanable.dirty.ratio": "0.1",
    "delete.retention.ms": str(10 * _MINUTE_MS),
}


class _TypeOnly(Schema):
    type: str


class Topic(Enum):
    """All topics of Rostrum."""

    AUDIO_FRAMES = TopicSpec(
        "audio.frames",
        "session id",
        (SessionStarted, QuestionsAsked, AnswerBegun, ConnectionResumed, ConnectionAlive, SessionEnded),
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
    TRANSCRIBE_STATE = TopicSpec(
        "transcribe.state", "session id", (StreamSnapshot,), "sessions", None, read_committed=True
    )
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
