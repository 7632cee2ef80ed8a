"""What a stream has to say, as values: facts for everybody, replies for one client."""

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
    """`partition`: that of the session's log, which `transcripts` shares."""

    partition: int
    event: TranscriptFinal | SessionTranscribed | SessionReaddressed | WordsCounted


@dataclass(frozen=True)
class AddressedReply:
    """A reply, the partition of `replies` that reaches its client, and the partition of the session's log."""

    partition: int
    reply_to: int
    reply: Reply


@dataclass(frozen=True)
class RejectedRecord:
    """A record of the log that could not be handled, by its coordinates, and why. Without a value where that is no
    help."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    reason: str


@dataclass(frozen=True)
class Output:
    """In the order in which it is to be told: what could not be handled, facts, replies."""

    rejected: tuple[RejectedRecord, ...] = ()
    facts: tuple[Fact, ...] = ()
    replies: tuple[AddressedReply, ...] = ()
    dropped: tuple[IgnoredReason, ...] = ()


NOTHING = Output()


def joined(outputs: Iterable[Output]) -> Output:
    parts = tuple(outputs)
    return Output(
        rejected=tuple(letter for part in parts for letter in part.rejected),
        facts=tuple(fact for part in parts for fact in part.facts),
        replies=tuple(reply for part in parts for reply in part.replies),
        dropped=tuple(reason for part in parts for reason in part.dropped),
    )
