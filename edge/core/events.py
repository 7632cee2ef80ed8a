"""What can happen to a connection. A client's text messages are events as they stand in `schemas/wire.py`."""

from dataclasses import dataclass

from edge.core.connection_state import User
from edge.core.effects import Claim, LogRecord
from edge.core.errors import ProtocolError
from schemas.replies import ReplyMessage
from schemas.wire import Auth, BeginAnswer, End, Ping, Start


@dataclass(frozen=True)
class Audio:
    """A binary message."""

    data: bytes


@dataclass(frozen=True)
class Garbled:
    """A text message that means nothing, and what is wrong with it."""

    error: ProtocolError


@dataclass(frozen=True)
class Verified:
    """The token names this user."""

    user: User


@dataclass(frozen=True)
class Refused:
    """The token proves nothing."""

    reason: str
    message: str
    hint: str


@dataclass(frozen=True)
class Unverified:
    """Whoever could tell what the token is worth does not answer."""


@dataclass(frozen=True)
class Reclaimed:
    """The resume token of this `start` is for this session."""

    start: Start
    claim: Claim


@dataclass(frozen=True)
class Unclaimed:
    """The resume token of a `start` is none of ours, or too old."""


@dataclass(frozen=True)
class Admitted:
    """The user may hold this session, and come back to it with this token."""

    resume_token: str


@dataclass(frozen=True)
class Rejected:
    """The user holds as many sessions as they may: of this competition, or at all."""

    most: int
    competition: bool


@dataclass(frozen=True)
class Postponed:
    """The transcriber has no room for another session now."""

    retry_after_ms: int


@dataclass(frozen=True)
class Converted:
    """The log's audio of something the client sent. `until_sample`: the log's sample at which all that was sent so far
    ends; a resampler gives out the last of it only when more comes. `last`: nothing will follow."""

    audio: bytes
    until_sample: int
    last: bool


@dataclass(frozen=True)
class Unintelligible:
    """What the client sent is not what it announced."""

    detail: str


@dataclass(frozen=True)
class Kept:
    """The log has accepted this record."""

    record: LogRecord


@dataclass(frozen=True)
class Announced:
    """The session's start stands on `session.events`."""


@dataclass(frozen=True)
class Unkept:
    """Something was not accepted; nothing after it will be written."""


@dataclass(frozen=True)
class Replied:
    """A later stage has something for the client."""

    message: ReplyMessage


@dataclass(frozen=True)
class Heard:
    """The transcriber is through with so many frames of the session."""

    frames: int


@dataclass(frozen=True)
class Overrun:
    """The client reads too slowly: there is no room for what it must not miss."""


@dataclass(frozen=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True)
class Drain:
    """This process is about to stop."""


ClientEvent = Auth | Start | BeginAnswer | End | Ping | Audio | Garbled
ServerEvent = (
    Verified
    | Refused
    | Unverified
    | Reclaimed
    | Unclaimed
    | Admitted
    | Rejected
    | Postponed
    | Converted
    | Unintelligible
    | Kept
    | Announced
    | Unkept
    | Replied
    | Heard
    | Overrun
    | Tick
    | Drain
)
Event = ClientEvent | ServerEvent
