"""In-memory fakes of the edge's ports."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from edge.adapters.resampling import PcmDecoder
from edge.core.admission.overload import AdmissionControl
from edge.core.admission.session_quota import SessionQuota
from edge.core.effects import ResumeClaims, SessionRecord
from edge.ports import Ports, SocketClosed
from edge.produce_queue import ByteBudget, Watermarks
from infra.errors import Unavailable
from infra.identity import Identity, TokenRefused
from schemas.replies import Reply
from schemas.sessions import RecordKind, SessionStarted
from schemas.wire import AudioFormat
from tests.support.edge import core_connection
from tests.support.waiting import DEADLINE_S

POLICY = replace(core_connection.POLICY, session_s=60)


class Socket:
    """`say` and `leave` are the client's side; `sent` is what it has received, `closed` the close it saw."""

    def __init__(self, *, reads: bool = True) -> None:
        self._incoming: asyncio.Queue[str | bytes | SocketClosed] = asyncio.Queue()
        self._reads = reads
        self.unsent_bytes = 0
        self.taken = 0
        self.sent: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None

    def say(self, message: str | bytes | dict[str, Any]) -> None:
        self._incoming.put_nowait(json.dumps(message) if isinstance(message, dict) else message)

    def leave(self, code: int | None = None) -> None:
        self._incoming.put_nowait(SocketClosed(code))

    def types(self) -> list[str]:
        return [message["type"] for message in self.sent]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - no event tells of everything a test may wait for
                await asyncio.sleep(0)

    async def receive(self) -> str | bytes:
        message = await self._incoming.get()
        if isinstance(message, SocketClosed):
            raise message
        self.taken += 1
        return message

    async def send(self, text: bytes) -> None:
        if not self._reads:
            self.unsent_bytes += len(text)
            await asyncio.Event().wait()
        self.sent.append(json.loads(text))

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)


class Log:
    """Accepts everything, unless told to wait (`accepting`) or to fail at a record's number (`fails_at`)."""

    def __init__(self) -> None:
        self.records: list[SessionRecord] = []
        self.conns: dict[str, str] = {}
        self.announced: list[SessionStarted] = []
        self.accepting = asyncio.Event()
        self.accepting.set()
        self.fails_at: int | None = None
        self.writing = 0

    async def append(self, session_id: str, conn: str, record: SessionRecord) -> None:
        if record.kind is RecordKind.RESUME:
            self.conns[session_id] = conn
        assert self.conns.setdefault(session_id, conn) == conn
        self.writing += 1
        assert self.writing == 1, "one session's records one at a time"
        await self.accepting.wait()
        self.writing -= 1
        if len(self.records) == self.fails_at:
            raise Unavailable("The broker is gone.", "Start it.")
        self.records.append(record)

    async def announce(self, started: SessionStarted) -> None:
        self.announced.append(started)


class Tokens:
    """A token is valid if it is a word, and is its user's name. Verifying `slowly` takes some time, `never` hangs, and
    `unavailable` fails."""

    async def verify(self, token: str) -> Identity:
        if token == "slowly":
            await asyncio.sleep(0.01)
        if token == "never":
            await asyncio.Event().wait()
        if token == "unavailable":
            raise Unavailable("The provider is down.", "Start it.")
        if not token.isalpha():
            raise TokenRefused("malformed", "Not a word.", "Send a word.")
        return Identity(token, None, "", (), frozenset(), None)


class ResumeTokens:
    def issue(self, claims: ResumeClaims) -> str:
        return f"{claims.user_id} may resume {claims.session_id}"

    def read(self, token: str) -> ResumeClaims | None:
        user_id, may_resume, session_id = token.partition(" may resume ")
        return ResumeClaims(session_id, user_id, None, AudioFormat()) if may_resume else None


class Clock:
    """The tests' own time: `ms` is both Unix and monotonic."""

    def __init__(self) -> None:
        self.ms = 1_000

    def now_ms(self) -> int:
        return self.ms

    def monotonic_ms(self) -> int:
        return self.ms


class Replies:
    """Delivers what is put into its queue."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Reply] = asyncio.Queue()

    async def for_sessions(self, is_connected: Callable[[str], bool]) -> AsyncIterator[Reply]:
        while True:
            reply = await self.queue.get()
            if is_connected(reply.session_id):
                yield reply


@dataclass
class FakePorts:
    """All ports of one edge."""

    log: Log = field(default_factory=Log)
    clock: Clock = field(default_factory=Clock)
    session_quota: SessionQuota = field(default_factory=SessionQuota)
    admission: AdmissionControl = field(default_factory=lambda: AdmissionControl(3.0, 8))
    budget: ByteBudget = field(default_factory=lambda: ByteBudget(Watermarks(high=10_000_000, low=5_000_000)))

    @property
    def ports(self) -> Ports:
        return Ports(
            self.log,
            Tokens(),
            ResumeTokens(),
            self.clock,
            PcmDecoder,
            self.session_quota,
            self.admission,
            self.budget,
        )
