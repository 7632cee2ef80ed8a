"""What comes of a session's records, as values: facts for other stages, replies for one client."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from schemas.counts import WordsCounted
from schemas.replies import Reply
from schemas.transcripts import SessionReaddressed, SessionTranscribed, TranscriptFinal


class IgnoredReason(StrEnum):
    """Why a record of the log changed nothing."""

    NO_SESSION = "no_session"
    AFTER_END = "after_end"
    OLD_CONNECTION = "old_connection"
    STARTED_TWICE = "started_twice"
    OUT_OF_ORDER = "out_of_order"
    ASKED_TWICE = "asked_twice"
    VOID_END = "void_end"


@dataclass(frozen=True)
class Fact:
    partition: int
    """The session log's partition, whose number is also that of the `transcripts` partition."""
    event: TranscriptFinal | SessionTranscribed | SessionReaddressed | WordsCounted


@dataclass(frozen=True)
class AddressedReply:
    partition: int
    """The session log's."""
    reply_to: int
    """The partition of `replies` that the client's edge reads."""
    reply: Reply


@dataclass(frozen=True)
class RejectedRecord:
    """A record of the log that could not be processed, by its coordinates: a dead letter."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    """None where the value does not help to find the fault."""
    reason: str


@dataclass(frozen=True)
class Output:
    """In the order of publication: dead letters, facts, replies."""

    dead_letters: tuple[RejectedRecord, ...] = ()
    facts: tuple[Fact, ...] = ()
    replies: tuple[AddressedReply, ...] = ()
    ignored: tuple[IgnoredReason, ...] = ()


NOTHING = Output()


def joined(outputs: Iterable[Output]) -> Output:
    parts = tuple(outputs)
    return Output(
        dead_letters=tuple(letter for part in parts for letter in part.dead_letters),
        facts=tuple(fact for part in parts for fact in part.facts),
        replies=tuple(reply for part in parts for reply in part.replies),
        ignored=tuple(reason for part in parts for reason in part.ignored),
    )
