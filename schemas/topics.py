"""The topics, declared once; topic creation, documentation and tests read these declarations."""

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
from schemas.snapshots import TranscriptionSnapshot
from schemas.transcripts import SessionReaddressed, SessionTranscribed, TranscriptFinal

_MINUTE_MS = 60_000
HOUR_MS = 60 * _MINUTE_MS
DAY_MS = 24 * HOUR_MS
_DEFAULT_MAX_BYTES = 1_048_588
_WHOLE_SESSION_MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class PartitionCount:
    """How many partitions a topic is created with."""

    local: int
    """On the single local node."""
    cluster: int
    configurable: bool = True
    """Whether KAFKA_PARTITIONS overrides both."""


SESSION_PARTITIONS = PartitionCount(local=4, cluster=32)
REPLIES_PARTITIONS = PartitionCount(local=4, cluster=4, configurable=False)
"""One partition per edge; an edge with a higher ordinal adds partitions when it starts."""


@dataclass(frozen=True)
class TopicSpec:
    """What a topic carries, and how the broker keeps it."""

    name: str
    key: Literal["session id", "user id", "as the source"]
    values: tuple[type[Event], ...]
    retention_ms: int | None
    """How long a record stays. None: the topic is compacted; the newest record of each key stays."""
    max_message_bytes: int = _DEFAULT_MAX_BYTES
    read_committed: bool = False
    """Whether its readers must not see records of a transaction that is not committed."""
    partitions: PartitionCount = SESSION_PARTITIONS
    co_partitioned: bool = False
    """Whether a session has the same partition number here as in the other co-partitioned topics. Their partition
    counts must be equal, and are fixed once the topics exist."""

    def config(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        cleanup = _COMPACTED if self.retention_ms is None else _deleted_after(self.retention_ms)
        return {**cleanup, "max.message.bytes": str(self.max_message_bytes)}


def _deleted_after(retention_ms: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(retention_ms)}


_COMPACTED = {
    "cleanup.policy": "compact",
    # Partition recovery reads the whole partition: small segments are closed, and so compacted, early.
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
        7 * DAY_MS,
        co_partitioned=True,
    )
    SESSION_EVENTS = TopicSpec("session.events", "session id", (SessionStarted,), 30 * DAY_MS)
    TRANSCRIPTS = TopicSpec(
        "transcripts",
        "session id",
        (TranscriptFinal, SessionTranscribed, SessionReaddressed),
        30 * DAY_MS,
        _WHOLE_SESSION_MAX_BYTES,
        read_committed=True,
        co_partitioned=True,
    )
    WORD_COUNTS = TopicSpec("word.counts", "user id", (WordsCounted,), 30 * DAY_MS, read_committed=True)
    REPORTS = TopicSpec(
        "reports",
        "session id",
        (ReportReady,),
        30 * DAY_MS,
        _WHOLE_SESSION_MAX_BYTES,
        read_committed=True,
        co_partitioned=True,
    )
    REPLIES = TopicSpec(
        "replies", "session id", (Reply,), HOUR_MS, _WHOLE_SESSION_MAX_BYTES, partitions=REPLIES_PARTITIONS
    )
    TRANSCRIBE_STATE = TopicSpec(
        "transcribe.state", "session id", (TranscriptionSnapshot,), None, read_committed=True, co_partitioned=True
    )
    DEAD_LETTERS = TopicSpec(
        "dead.letters", "as the source", (DeadLetter, DeadLetterRetried), 30 * DAY_MS, 2 * _WHOLE_SESSION_MAX_BYTES
    )


def parse_event(topic: Topic, value: bytes) -> Event:
    """The event in a record's value. Raises ValueError if it is not an event of this topic."""
    by_type = {model.model_fields["type"].default: model for model in topic.value.values}
    kind = _TypeOnly.model_validate_json(value).type
    if kind not in by_type:
        raise ValueError(f"{topic.value.name} carries {', '.join(by_type)}, not {kind!r}")
    return by_type[kind].model_validate_json(value)
