"""What a connection asks the service to do, as values. Most are answered with an event."""

from dataclasses import dataclass

from edge.core.audio.formats import InputFormat
from schemas.sessions import RecordKind, SessionStarted
from schemas.wire import AudioFormat, Error, ServerMessage, Start


@dataclass(frozen=True)
class ResumeClaims:
    """What a resume token says: whose session it is, and how it was started."""

    session_id: str
    user_id: str
    competition: str | None
    audio: AudioFormat


@dataclass(frozen=True)
class SessionRecord:
    """A record for the session's log."""

    kind: RecordKind
    value: bytes
    seq: int | None = None
    """Number of the frame, from 0; None for records of another kind."""


@dataclass(frozen=True)
class Send:
    """Send a message to the client."""

    message: ServerMessage


@dataclass(frozen=True)
class VerifyToken:
    """Find out whose login token this is; answered by `TokenAccepted`, `TokenRejected` or `AuthUnavailable`."""

    token: str


@dataclass(frozen=True)
class ResolveResumeToken:
    """Find out which session the resume token of this `start` is for; answered by `ResumeTokenAccepted` or
    `ResumeTokenRejected`."""

    start: Start


@dataclass(frozen=True)
class Admit:
    """Find out whether the user may have this session, and count it; answered by `Admitted`, `QuotaExceeded` or
    `Overloaded`."""

    claims: ResumeClaims
    quota: int | None
    """Sessions that the user may have, 0 for any number; None for a session that was admitted before, perhaps by
    another edge."""

    @property
    def resumes(self) -> bool:
        return self.quota is None


@dataclass(frozen=True)
class DecodeAudio:
    """Convert the client's audio to the log's format; answered, in order, by `AudioDecoded` or `DecodeFailed`."""

    audio: InputFormat
    data: bytes | None
    """None at the end: flush what the decoder still holds."""


@dataclass(frozen=True)
class Append:
    """Write to the session's log, after everything appended before; answered by `Appended` or `ProduceFailed`."""

    record: SessionRecord


@dataclass(frozen=True)
class Announce:
    """Publish the session's start to the other stages; answered by `Announced` or `ProduceFailed`."""

    started: SessionStarted


@dataclass(frozen=True)
class Close:
    """Stop reading, finish the work in flight, send the error if there is one, close."""

    code: int
    reason: str
    error: Error | None = None


Effect = Send | VerifyToken | ResolveResumeToken | Admit | DecodeAudio | Append | Announce | Close
