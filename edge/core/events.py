"""What can happen to a connection. A client's text messages are events as they stand in `schemas/wire.py`."""

from dataclasses import dataclass

from edge.core.connection_state import User
from edge.core.effects import ResumeClaims, SessionRecord
from edge.core.errors import ProtocolError
from schemas.replies import ReplyMessage
from schemas.wire import Auth, BeginAnswer, End, Ping, Start

# From the client.


@dataclass(frozen=True)
class AudioReceived:
    """A binary message."""

    data: bytes


@dataclass(frozen=True)
class InvalidMessage:
    """A text message that could not be parsed, and why."""

    error: ProtocolError


# Answers to effects.


@dataclass(frozen=True)
class TokenAccepted:
    """The login token is valid and belongs to this user."""

    user: User


@dataclass(frozen=True)
class TokenRejected:
    """The login token is not valid."""

    reason: str
    message: str
    hint: str


@dataclass(frozen=True)
class AuthUnavailable:
    """The login token could not be checked: the identity provider does not answer."""


@dataclass(frozen=True)
class ResumeTokenAccepted:
    """The resume token of this `start` is for this session."""

    start: Start
    claims: ResumeClaims


@dataclass(frozen=True)
class ResumeTokenRejected:
    """The resume token of a `start` is not valid, or too old."""


@dataclass(frozen=True)
class Admitted:
    """The user may have this session, and resume it with this token."""

    resume_token: str


@dataclass(frozen=True)
class QuotaExceeded:
    """The user has as many sessions as allowed: of this competition, or at all."""

    limit: int
    competition: bool


@dataclass(frozen=True)
class Overloaded:
    """The transcriber has no capacity for another session now."""

    retry_after_ms: int


@dataclass(frozen=True)
class AudioDecoded:
    """Audio from the client, in the log's format."""

    audio: bytes
    until_sample: int
    """The log's sample at which all audio sent so far ends; a resampler holds back the last of it until more comes."""
    last: bool
    """Nothing will follow."""


@dataclass(frozen=True)
class DecodeFailed:
    """The client's audio is not in the announced format."""

    detail: str


@dataclass(frozen=True)
class Appended:
    """Kafka has accepted this record of the session's log."""

    record: SessionRecord


@dataclass(frozen=True)
class Announced:
    """The session's start is on `session.events`."""


@dataclass(frozen=True)
class ProduceFailed:
    """Kafka did not accept a record; nothing after it will be written."""


# From the other stages, and from this process.


@dataclass(frozen=True)
class ReplyReceived:
    """A later stage has a message for the client."""

    message: ReplyMessage


@dataclass(frozen=True)
class TranscriberProgress:
    """The transcriber has processed this many frames of the session."""

    frames: int


@dataclass(frozen=True)
class SendQueueFull:
    """The client reads too slowly: there is no room for a message that it must not miss."""


@dataclass(frozen=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True)
class Drain:
    """This process is about to stop."""


ClientEvent = Auth | Start | BeginAnswer | End | Ping | AudioReceived | InvalidMessage
ServerEvent = (
    TokenAccepted
    | TokenRejected
    | AuthUnavailable
    | ResumeTokenAccepted
    | ResumeTokenRejected
    | Admitted
    | QuotaExceeded
    | Overloaded
    | AudioDecoded
    | DecodeFailed
    | Appended
    | Announced
    | ProduceFailed
    | ReplyReceived
    | TranscriberProgress
    | SendQueueFull
    | Tick
    | Drain
)
Event = ClientEvent | ServerEvent
