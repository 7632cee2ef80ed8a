"""What a connection needs of the world."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from edge.core.admission.overload import Admission
from edge.core.admission.session_quota import Places
from edge.core.audio.formats import Format
from edge.core.effects import Claim, LogRecord
from edge.core.events import Converted, Unintelligible
from edge.produce_queue import Reservoir
from infra.clock import Clock
from infra.identity import Identity
from schemas.replies import Reply
from schemas.sessions import SessionStarted


class Gone(Exception):
    """The socket takes and gives nothing more: the client has left, or broke the WebSocket's own rules and was cut off
    with this close `code`."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class Socket(Protocol):
    """An open WebSocket."""

    async def receive(self) -> str | bytes:
        """The next message. Raises Gone."""
        ...

    async def send(self, text: bytes) -> None:
        """Takes a text message in UTF-8; returns when there is room for more. Raises Gone."""
        ...

    @property
    def unsent_bytes(self) -> int:
        """What was taken and waits for the client, in this process."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Bounded in time: a client that does not answer is cut off."""
        ...


class SessionLog(Protocol):
    """Where sessions are written down; both return when what was written is held by all replicas in sync, and raise
    Unavailable if it may not be."""

    async def append(self, session_id: str, conn: str, record: LogRecord) -> None: ...
    async def announce(self, started: SessionStarted) -> None: ...


class Replies(Protocol):
    """What the other stages say to this edge's clients."""

    def for_sessions(self, ours: Callable[[str], bool]) -> AsyncIterator[Reply]:
        """Those of the sessions that are ours, without end."""
        ...


class Tokens(Protocol):
    async def verify(self, token: str) -> Identity:
        """Raises TokenRefused; Unavailable if whoever has to be asked does not answer."""
        ...


class ResumeTokens(Protocol):
    def issue(self, claim: Claim) -> str: ...

    def read(self, token: str) -> Claim | None:
        """None for a token that is none of ours, or too old."""
        ...


class Ear(Protocol):
    """Makes the log's audio of what one client sends."""

    async def hear(self, data: bytes) -> Converted | Unintelligible:
        """Everything that can be made of all that has come, when it has been made."""
        ...

    async def finish(self) -> Converted | Unintelligible:
        """Nothing more will come: the rest."""
        ...

    def close(self) -> None:
        """Nobody wants the rest."""
        ...


@dataclass(frozen=True)
class Ports:
    """All of them. `places`, `admission` and `reservoir` are common to all connections."""

    log: SessionLog
    tokens: Tokens
    resume_tokens: ResumeTokens
    clock: Clock
    ear: Callable[[Format], Ear]
    places: Places
    admission: Admission
    reservoir: Reservoir
