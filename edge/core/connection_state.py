"""The state of one connection as values: its phase, its user, and the session that is streamed over it."""

from dataclasses import dataclass, field
from enum import Enum

from edge.core.audio.formats import CANONICAL, InputFormat
from edge.core.audio.framing import Framing
from edge.core.effects import Append, Effect, SessionRecord
from edge.core.fast_replace import replace
from edge.core.flow.lag import TranscriptionLag
from edge.core.flow.leaky_bucket import LeakyBucket, RateLimit
from edge.core.flow.reply_order import ReplySequencer
from schemas.audio import FRAME_SAMPLES
from schemas.replies import ReplyMessage
from schemas.sessions import ConnectionResumed, EndCause, RecordKind, SessionStarted


class ConnectionPhase(Enum):
    """Where a connection stands in the protocol."""

    CONNECTED = "connected"
    """The socket is open; the user is not authenticated yet."""
    READY = "ready"
    """The user is authenticated; there is no session yet."""
    STARTING = "starting"
    """The session's start, or its resume, is being written to Kafka."""
    STREAMING = "streaming"
    """The client sends audio."""
    ENDING = "ending"
    """No more audio is accepted; finals, summary and report are still to come."""
    CLOSED = "closed"
    """The close is decided; work in flight is being finished."""

    # A member's hash is looked up for every event, and Enum's own is a call into Python.
    __hash__ = object.__hash__


@dataclass(frozen=True)
class User:
    """A user, as their login token describes them."""

    user_id: str
    name: str | None
    org: str
    groups: tuple[str, ...]
    expires_at_ms: int | None
    """When the token expires, in Unix time; None for a token that never does."""
    max_sessions: int | None = None
    """The token's own limit on concurrent sessions; None: the edge's limit applies."""


@dataclass(frozen=True)
class ConnectionPolicy:
    """The limits that this edge sets for every connection."""

    session_s: int
    """The greatest length of a session, in seconds of audio."""
    grace_ms: int
    """How long a client may stay away before its session is ended."""
    auth_ms: int
    """How soon after the handshake the login token must arrive."""
    message_bytes: int
    """The largest WebSocket message accepted."""
    token_notice_ms: int
    """How long before a token expires the client is notified."""
    leeway_ms: int
    """How long after its expiry a token is still accepted."""
    max_sessions: int
    """Concurrent sessions per user, unless their token sets another limit; 0: no limit."""
    ingest_limit: RateLimit
    """How much faster than real time audio may be sent."""

    @property
    def alive_ms(self) -> int:
        """After this much silence an `alive` record tells the transcriber that the client is still connected."""
        return max(50, self.grace_ms // 3)


@dataclass(frozen=True)
class SessionState:
    """A session, from where it begins or resumes on this connection."""

    opening: SessionStarted | ConnectionResumed
    """The record that the connection appends first."""
    last_queued_ms: int
    """When the newest record was queued for the log."""
    bucket: LeakyBucket
    audio: InputFormat = CANONICAL
    """The format that the client sends."""
    resume_token: str = ""
    resume_confirmed: bool = True
    """Whether the transcriber knows of this connection, so that frames in the log may be acknowledged."""
    known_over: bool = False
    """Whether the transcriber has answered that the session was over already."""
    first_sample: int = 0
    """The session's sample with which this connection's audio begins."""
    until_sample: int = 0
    """The session's sample at which all audio received so far ends."""
    records_queued: int = 0
    records_appended: int = 0
    """Records that Kafka has accepted."""
    frames_queued: int = 0
    """Frames of the session, counted from its first, up to the newest queued one."""
    frames_appended: int = 0
    """The same, up to the newest one that Kafka has accepted."""
    lag: TranscriptionLag = field(default_factory=TranscriptionLag)
    framing: Framing = field(default_factory=Framing)
    question: int | None = None
    """The question being answered."""
    end_cause: EndCause | None = None
    """Why the session ended, if it was ended over this connection."""
    sequencer: ReplySequencer = field(default_factory=ReplySequencer)
    early_replies: tuple[ReplyMessage, ...] = ()
    """Replies that arrived before `started` was sent to the client."""

    @property
    def first_frame(self) -> int:
        """Number of the frame with which this connection's audio begins."""
        return self.first_sample // FRAME_SAMPLES


@dataclass(frozen=True)
class ConnectionState:
    """All that the protocol remembers of a connection."""

    conn: str
    session_id: str
    """The id of the session that is resumed here, or that a session started here will get."""
    opened_ms: int
    """When the handshake was complete, in Unix time."""
    policy: ConnectionPolicy
    phase: ConnectionPhase = ConnectionPhase.CONNECTED
    verified_user: User | None = None
    expiry_notified: bool = False
    """Whether the client was notified that its token is about to expire."""
    token_received: bool = False
    """Whether a token has arrived; its verification takes bounded time."""
    active_session: SessionState | None = None

    @property
    def user(self) -> User:
        """Raises LookupError before a token was verified."""
        if self.verified_user is None:
            raise LookupError("the user of this connection is not known yet")
        return self.verified_user

    @property
    def expires_ms(self) -> int | None:
        """When the user's token is no longer accepted, leeway included."""
        at_ms = self.verified_user.expires_at_ms if self.verified_user else None
        return None if at_ms is None else at_ms + self.policy.leeway_ms

    @property
    def session(self) -> SessionState:
        """Raises LookupError before a session was started or resumed."""
        if self.active_session is None:
            raise LookupError("no session has begun on this connection yet")
        return self.active_session

    def lag_s(self, now_ms: int) -> float | None:
        """How far the transcriber is behind the speaker; None while unknown: see `TranscriptionLag.lag_s`."""
        return None if self.active_session is None else self.active_session.lag.lag_s(now_ms)

    def pause_ms(self, now_ms: int) -> float:
        """How long to stop reading the socket, because the client is too far ahead of the transcriber."""
        return self.session.lag.pause_ms(now_ms) if self.phase is ConnectionPhase.STREAMING else 0.0

    def moved(self, phase: ConnectionPhase, session: SessionState | None = None) -> "ConnectionState":
        """The same connection in another phase, and with a changed session if one is given."""
        return replace(self, phase=phase, active_session=session or self.active_session)


Outcome = tuple[ConnectionState, tuple[Effect, ...]]


def queue_record(session: SessionState, kind: RecordKind, value: bytes, now_ms: int) -> tuple[SessionState, Append]:
    """The session with one more record for its log. Frames get the next sequence number."""
    seq = session.frames_queued if kind is RecordKind.FRAME else None
    queued = replace(
        session,
        records_queued=session.records_queued + 1,
        frames_queued=session.frames_queued + (kind is RecordKind.FRAME),
        last_queued_ms=now_ms,
    )
    return queued, Append(SessionRecord(kind, value, seq))
