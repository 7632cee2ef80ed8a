"""One connection, as values: where it stands, who speaks, and what has become of the session."""

from dataclasses import dataclass, field
from enum import Enum

from edge.core.audio.formats import CANONICAL, Format
from edge.core.audio.framing import Framing
from edge.core.effects import Append, Effect, LogRecord
from edge.core.fast_replace import changed
from edge.core.flow.lag import Progress
from edge.core.flow.leaky_bucket import Budget, Pace
from edge.core.flow.reply_order import Passage
from schemas.audio import FRAME_SAMPLES
from schemas.replies import ReplyMessage
from schemas.sessions import ConnectionResumed, EndCause, RecordKind, SessionStarted


class State(Enum):
    """Where a connection stands."""

    CONNECTED = "connected"
    """The socket is open; nobody knows whose it is."""
    READY = "ready"
    """The user is known; no session yet."""
    STARTING = "starting"
    """The session's start, or that it goes on here, is being written."""
    STREAMING = "streaming"
    """The speaker speaks."""
    ENDING = "ending"
    """No more audio is taken; finals, summary and report are still to come."""
    CLOSED = "closed"
    """The close is decided; what was begun is being finished."""

    # A member's hash is looked up for every event, and Enum's own is a call into Python.
    __hash__ = object.__hash__


@dataclass(frozen=True)
class Speaker:
    """A user, as their token names them. `expires_at_ms` is Unix time, or None for a token without an end."""

    user_id: str
    name: str | None
    org: str
    groups: tuple[str, ...]
    expires_at_ms: int | None
    max_sessions: int | None = None


PACE = Budget(times=8, burst_ms=30_000)


@dataclass(frozen=True)
class Terms:
    """What this edge grants every connection. `token_notice_ms` before a token runs out its user is told, and
    `leeway_ms` after that it has run out. `max_sessions`: that one user may hold, unless their token says otherwise."""

    session_s: int
    grace_ms: int
    auth_ms: int
    message_bytes: int
    token_notice_ms: int = 60_000
    leeway_ms: int = 5_000
    max_sessions: int = 8
    pace: Budget = PACE

    @property
    def alive_ms(self) -> int:
        """A log that has been silent for this long is told that the speaker is still there."""
        return max(50, self.grace_ms // 3)


@dataclass(frozen=True)
class Talk:
    """A session, from where it began or goes on over this connection. `opening`: the record that says so. `written`
    counts the records handed to the log, `kept` those it has accepted. `first_sample`: the log's sample that this
    connection's audio begins with; `until_sample`: that at which all that was sent ends. `confirmed`: the transcriber
    knows of this connection, so that what the log has accepted counts. `early`: replies that came before the client
    was told that the session has started."""

    opening: SessionStarted | ConnectionResumed
    last_written_ms: int
    pace: Pace
    audio: Format = CANONICAL
    resume_token: str = ""
    confirmed: bool = True
    first_sample: int = 0
    until_sample: int = 0
    written: int = 0
    kept: int = 0
    frames: int = 0
    frames_kept: int = 0
    progress: Progress = field(default_factory=Progress)
    framing: Framing = field(default_factory=Framing)
    question: int | None = None
    ended: EndCause | None = None
    passage: Passage = field(default_factory=Passage)
    early: tuple[ReplyMessage, ...] = ()

    @property
    def first_frame(self) -> int:
        """Number of the frame that this connection's audio begins with."""
        return self.first_sample // FRAME_SAMPLES


@dataclass(frozen=True)
class Session:
    """`session_id`: that of the session that goes on here, else the one that a session begun here gets. `warned`: that
    the token runs out. `asked`: a token has come, and whoever judges it does so in bounded time.
    Times are Unix milliseconds."""

    conn: str
    session_id: str
    opened_ms: int
    terms: Terms
    state: State = State.CONNECTED
    speaker: Speaker | None = None
    warned: bool = False
    asked: bool = False
    talk: Talk | None = None

    @property
    def user(self) -> Speaker:
        if self.speaker is None:
            raise LookupError("nobody is known on this connection yet")
        return self.speaker

    @property
    def expires_ms(self) -> int | None:
        """When the user's token has run out for good."""
        at_ms = self.speaker.expires_at_ms if self.speaker else None
        return None if at_ms is None else at_ms + self.terms.leeway_ms

    @property
    def speech(self) -> Talk:
        if self.talk is None:
            raise LookupError("no session has begun on this connection yet")
        return self.talk

    def lag_s(self, now_ms: int) -> float | None:
        """How far the transcriber is behind the speaker, if the session tells; see `Progress`."""
        return None if self.talk is None else self.talk.progress.lag_s(now_ms)

    def pause_ms(self, now_ms: int) -> float:
        """How long the client should not be read, because it is too far ahead of the transcriber."""
        return self.speech.progress.pause_ms(now_ms) if self.state is State.STREAMING else 0.0

    def moved(self, state: State, talk: Talk | None = None) -> "Session":
        """The same connection in another state, and with a changed session if one is given."""
        return changed(self, state=state, talk=talk or self.talk)


Outcome = tuple[Session, tuple[Effect, ...]]


def write(talk: Talk, kind: RecordKind, value: bytes, now_ms: int) -> tuple[Talk, Append]:
    """The next record of the session's log. Frames get the next number."""
    seq = talk.frames if kind is RecordKind.FRAME else None
    written = changed(
        talk,
        written=talk.written + 1,
        frames=talk.frames + (kind is RecordKind.FRAME),
        last_written_ms=now_ms,
    )
    return written, Append(LogRecord(kind, value, seq))
