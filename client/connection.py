"""A small client of the WebSocket protocol (docs/protocol.md): one connection, one session."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from client.resend_buffer import LOST
from infra.clock import Clock
from infra.errors import RostrumError, Unavailable
from schemas.base import Schema
from schemas.wire import SERVER_MESSAGE, Auth, BeginAnswer, End, Error, Ready, ServerMessage, Start, Started

OPEN_TIMEOUT_S = 10.0
HANDSHAKE_TIMEOUT_S = 15.0
"""Between `auth` and `ready`, and between `start` and `started`: the server first asks Kafka."""
_GREATEST_REPORT_BYTES = 16 * 1024 * 1024
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_SchemaT = TypeVar("_SchemaT", bound=Schema)


class Refused(RostrumError):
    """The server said no: `code` is the error's code, or the close code in words. `retry_after_ms`: it may say yes
    then; None if it will not."""

    def __init__(self, code: str, message: str, hint: str, retry_after_ms: int | None = None) -> None:
        super().__init__(message, hint)
        self.code = code
        self.retry_after_ms = retry_after_ms


@dataclass(frozen=True)
class Received:
    """A message of the server and when it came, in milliseconds of the clock's monotonic time. `message` is None for a
    type that this client does not know; `raw` is what stood on the wire."""

    at_ms: int
    raw: dict[str, Any]
    message: ServerMessage | None


Watch = Callable[[Received], None]


class Client:
    """Speaks the protocol over one open connection. Iterating gives the server's messages until it closes; then
    `close_code` and `close_reason` tell how. `watch` is shown every message as it comes, those of the handshake too."""

    def __init__(self, websocket: ClientConnection, clock: Clock, watch: Watch) -> None:
        self._websocket = websocket
        self._clock = clock
        self._watch = watch

    async def authenticate(self, token: str) -> Ready:
        """Say who speaks. Raises Refused if the server will not have the token."""
        await self._send(Auth(token=token))
        return await self._answer_to(Ready)

    async def start(self, start: Start) -> Started:
        """Begin a session. Raises Refused with the server's hint."""
        await self._send(start)
        return await self._answer_to(Started)

    async def send_audio(self, pcm: bytes) -> None:
        """Whole samples of the announced format, at most a second of them. Waits while the server reads no more."""
        with contextlib.suppress(ConnectionClosed):  # whoever iterates over the messages learns of the close
            await self._websocket.send(pcm)

    async def begin_answer(self, question: int) -> None:
        """What is sent from now on answers this question."""
        await self._send(BeginAnswer(question=question))

    async def end(self) -> None:
        """The speaker is done; the last finals, the summary and the report are still to come."""
        await self._send(End())

    def cut(self) -> None:
        """As if the network were gone: nothing that waits is sent, and no goodbye."""
        self._websocket.transport.abort()

    async def __aiter__(self) -> AsyncIterator[Received]:
        with contextlib.suppress(ConnectionClosed):
            while True:
                yield await self._receive()

    @property
    def close_code(self) -> int | None:
        """None while the connection is open."""
        return self._websocket.close_code

    @property
    def close_reason(self) -> str:
        return self._websocket.close_reason or ""

    async def _send(self, message: Schema) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._websocket.send(message.model_dump_json(exclude_none=True))

    async def _receive(self) -> Received:
        while True:
            text = await self._websocket.recv()
            at_ms = self._clock.monotonic_ms()
            if isinstance(text, bytes):
                continue  # the protocol has clients ignore binary messages
            item = Received(at_ms, *_parse(text))
            self._watch(item)
            return item

    async def _answer_to(self, expected: type[_SchemaT]) -> _SchemaT:
        """The next message of the expected type; an error instead of it is raised."""
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                while True:
                    message = (await self._receive()).message
                    if isinstance(message, expected):
                        return message
                    if isinstance(message, Error):
                        raise Refused(message.code, message.message, message.hint, message.retry_after_ms)
        except TimeoutError as error:
            raise Unavailable(
                f"The server sent no {expected.__name__.lower()!r} within {HANDSHAKE_TIMEOUT_S:.0f} s.",
                "Is `--url` the edge's address? If so, see `rostrum ps` and the edge's log.",
            ) from error
        except ConnectionClosed:
            raise closed(self.close_code, self.close_reason) from None


def _parse(text: str) -> tuple[dict[str, Any], ServerMessage | None]:
    """What the protocol has clients ignore (types and forms they don't know) comes back as None."""
    try:
        raw = json.loads(text)
        return raw, SERVER_MESSAGE.validate_python(raw)
    except ValidationError:
        return raw if isinstance(raw, dict) else {}, None
    except json.JSONDecodeError:
        return {}, None


def closed(code: int | None, reason: str) -> Refused:
    """What a close that came too soon means, and what to do."""
    hints = {
        1001: "The server is stopping; connect again in a moment.",
        1006: "The connection was cut; see `rostrum ps` and the edge's log.",
        1013: "The server is overloaded or cannot keep audio; try again in a moment.",
        4401: "Get a fresh token, e.g. `rostrum token --user ID`.",
        4408: "Send the token within 5 s of connecting.",
    }
    said = f": {reason}" if reason else ""
    return Refused(
        f"closed_{code}",
        f"The server closed the connection with code {code}{said}.",
        hints.get(code or 1006, "The close codes are explained in docs/protocol.md."),
        retry_after_ms=0 if code in LOST else None,
    )


@asynccontextmanager
async def connect(url: str, tls: ssl.SSLContext | None = None, *, clock: Clock, watch: Watch) -> AsyncIterator[Client]:
    """A connection to the edge. Raises Unavailable if none can be had."""
    try:
        websocket = await open_websocket(
            url,
            ssl=tls if url.startswith("wss:") else None,
            compression=None,  # audio does not shrink by it
            open_timeout=OPEN_TIMEOUT_S,
            max_size=_GREATEST_REPORT_BYTES,
            # A proxy that the environment names does not lead back to this machine.
            proxy=None if urlsplit(url).hostname in LOOPBACK_NAMES else True,
        )
    except ssl.SSLCertVerificationError as error:  # an OSError too, with a mend of its own
        raise Unavailable(
            f"The certificate of {url} is not trusted: {error.verify_message}.",
            "Name its authority's file with --ca, or take --insecure for a server you trust.",
        ) from error
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise Unavailable(
            f"No connection to {url}: {error or type(error).__name__}.",
            "Is the stack up (`rostrum ps`), and is this its address (`--url`)?",
        ) from error
    async with websocket:
        yield Client(websocket, clock, watch)
