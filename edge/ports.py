"""What a connection needs of the world."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from edge.core.admission.overload import AdmissionControl
from edge.core.admission.session_quota import SessionQuota
from edge.core.audio.formats import InputFormat
from edge.core.effects import ResumeClaims, SessionRecord
from edge.core.events import AudioDecoded, DecodeFailed
from edge.produce_queue import ByteBudget
from infra.clock import Clock
from infra.identity import Identity
from schemas.replies import Reply
from schemas.sessions import SessionStarted


class SocketClosed(Exception):
    """The client has left, or it violated the WebSocket protocol and was disconnected with this close `code`."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class Socket(Protocol):
    """An open WebSocket."""

    async def receive(self) -> str | bytes:
        """The next message. Raises SocketClosed."""
        ...

    async def send(self, text: bytes) -> None:
        """Takes a text message in UTF-8; returns when there is room for more. Raises SocketClosed."""
        ...

    @property
    def unsent_bytes(self) -> int:
        """What this process has buffered for the client."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Takes bounded time: a client that does not answer is disconnected."""
        ...


class SessionLogWriter(Protocol):
    """Writes sessions to Kafka. Both methods return when all in-sync replicas have the record, and raise Unavailable if
    they may not."""

    async def append(self, session_id: str, conn: str, record: SessionRecord) -> None: ...
    async def announce(self, started: SessionStarted) -> None: ...


class ReplyConsumer(Protocol):
    """The other stages' replies to this edge's clients."""

    def for_sessions(self, is_connected: Callable[[str], bool]) -> AsyncIterator[Reply]:
        """Those for the sessions that are connected here, without end."""
        ...


class LoginTokens(Protocol):
    async def verify(self, token: str) -> Identity:
        """Raises TokenRefused; Unavailable if the identity provider does not answer."""
        ...


class ResumeTokens(Protocol):
    def issue(self, claims: ResumeClaims) -> str: ...

    def read(self, token: str) -> ResumeClaims | None:
        """None for a token that is not valid, or too old."""
        ...


class AudioDecoder(Protocol):
    """Converts one client's audio to the log's format."""

    async def decode(self, data: bytes) -> AudioDecoded | DecodeFailed:
        """All audio that can be decoded of what has arrived."""
        ...

    async def flush(self) -> AudioDecoded | DecodeFailed:
        """The rest, once nothing more will arrive."""
        ...

    def close(self) -> None:
        """Releases what the decoder holds; the rest is not needed."""
        ...


@dataclass(frozen=True)
class Ports:
    """All of them. `session_quota`, `admission` and `budget` are shared by all connections."""

    log: SessionLogWriter
    login_tokens: LoginTokens
    resume_tokens: ResumeTokens
    clock: Clock
    decoder: Callable[[InputFormat], AudioDecoder]
    session_quota: SessionQuota
    admission: AdmissionControl
    budget: ByteBudget
