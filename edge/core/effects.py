"""What a connection asks to be done, as values. Whoever does them reports back with an event."""

from dataclasses import dataclass

from edge.core.audio.formats import Format
from schemas.sessions import RecordKind, SessionStarted
from schemas.wire import AudioFormat, Error, ServerMessage, Start


@dataclass(frozen=True)
class Claim:
    """What a resume token says: whose session it is, and how it was begun."""

    session_id: str
    user_id: str
    competition: str | None
    audio: AudioFormat


@dataclass(frozen=True)
class LogRecord:
    """A record for the session's log; `seq` numbers frames, from 0."""

    kind: RecordKind
    value: bytes
    seq: int | None = None


@dataclass(frozen=True)
class Send:
    """Tell the client."""

    message: ServerMessage


@dataclass(frozen=True)
class Verify:
    """Find out whose token this is; answered by `Verified` or `Refused`."""

    token: str


@dataclass(frozen=True)
class Reclaim:
    """Find out which session the resume token of this `start` is for; answered by `Reclaimed` or `Unclaimed`."""

    start: Start


@dataclass(frozen=True)
class Admit:
    """Find out whether the user may hold this session beside their others, and hold it; answered by `Admitted`,
    `Rejected` or `Postponed`. `most`: sessions that the user may hold, 0 for any number; None for a session that was
    admitted before, perhaps by another edge."""

    claim: Claim
    most: int | None

    @property
    def resumes(self) -> bool:
        return self.most is None


@dataclass(frozen=True)
class Convert:
    """Make the log's audio of what came; None: of what is left, as nothing more will come. Answered, in order, by
    `Converted` or `Unintelligible`."""

    audio: Format
    data: bytes | None


@dataclass(frozen=True)
class Append:
    """Write to the session's log, after everything appended before; answered by `Kept` or `Unkept`."""

    record: LogRecord


@dataclass(frozen=True)
class Announce:
    """Tell the other stages that the session has begun; answered by `Announced` or `Unkept`."""

    started: SessionStarted


@dataclass(frozen=True)
class Close:
    """Read no more, finish what was begun, say farewell, close."""

    code: int
    reason: str
    error: Error | None = None


Effect = Send | Verify | Reclaim | Admit | Convert | Append | Announce | Close
