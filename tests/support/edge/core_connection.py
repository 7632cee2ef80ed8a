"""One connection of the edge's core, driven event by event, with a log that always accepts."""

from edge.core.connection_state import ConnectionPhase, ConnectionPolicy, ConnectionState, User
from edge.core.effects import Admit, Announce, Append, Effect
from edge.core.events import Admitted, Announced, Appended, Event, TokenAccepted
from edge.core.flow.leaky_bucket import RateLimit
from edge.core.machine import receive
from schemas.wire import AudioFormat, Start

POLICY = ConnectionPolicy(
    session_s=3,
    grace_ms=30_000,
    auth_ms=5000,
    message_bytes=262_144,
    token_notice_ms=60_000,
    leeway_ms=5000,
    max_sessions=8,
    ingest_limit=RateLimit(rate=8, burst_ms=30_000),
)
ADA = User("ada", "Ada  Lovelace\n", "school", ("9b",), None)


def connected(policy: ConnectionPolicy = POLICY) -> ConnectionState:
    return ConnectionState(conn="c1", session_id="s1", opened_ms=0, policy=policy)


class CoreConnection:
    """A connection's state and all effects so far, with a log that always accepts."""

    def __init__(self, policy: ConnectionPolicy = POLICY) -> None:
        self.state = connected(policy)
        self.effects: list[Effect] = []
        self.in_flight: list[Append | Announce] = []

    def on(self, event: Event, now_ms: int = 0) -> list[Effect]:
        self.state, effects = receive(self.state, event, now_ms)
        self.effects += effects
        self.in_flight += [effect for effect in effects if isinstance(effect, Append | Announce)]
        if any(isinstance(effect, Admit) for effect in effects):
            return self.on(Admitted("resume-token"), now_ms)
        return list(effects)

    def accept_all(self) -> None:
        while self.in_flight:
            effect = self.in_flight.pop(0)
            self.on(Appended(effect.record) if isinstance(effect, Append) else Announced())


def streaming(audio: AudioFormat | None = None, user: User = ADA, policy: ConnectionPolicy = POLICY) -> CoreConnection:
    """A connection whose session has just started, with audio in this format."""
    connection = CoreConnection(policy)
    connection.on(TokenAccepted(user))
    connection.on(Start(audio=audio or AudioFormat()))
    connection.accept_all()
    assert connection.state.phase is ConnectionPhase.STREAMING
    connection.effects.clear()
    return connection
