"""One WebSocket to the edge, with the protocol on it (docs/protocol.md). A session (session.py) uses one after
another."""

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

from client.close_codes import RESUMABLE_CODES, describe_close
from client.errors import SessionRefused
from infra.clock import Clock
from infra.errors import Unavailable
from schemas.base import Schema
from schemas.wire import SERVER_MESSAGE, Auth, ClientMessage, Error, Ready, ServerMessage, Start, Started

OPEN_TIMEOUT_S = 10.0
HANDSHAKE_TIMEOUT_S = 15.0
"""Between `auth` and `ready`, and between `start` and `started`: the server first asks Kafka."""
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_MAX_REPORT_BYTES = 16 * 1024 * 1024
_SchemaT = TypeVar("_SchemaT", bound=Schema)


@dataclass(frozen=True)
class Received:
    """A message of the server."""

    at_ms: int
    """When it arrived, by the clock's monotonic time."""
    raw: dict[str, Any]
    """The JSON object."""
    message: ServerMessage | None
    """None for a type that this version does not know."""


OnReceived = Callable[[Received], None]


class EdgeConnection:
    """Speaks the protocol over one open WebSocket. Iterating gives the server's messages until it closes; then
    `close_code` and `close_reason` say how."""

    def __init__(self, websocket: ClientConnection, clock: Clock, on_received: OnReceived) -> None:
        self._websocket = websocket
        self._clock = clock
        self._on_received = on_received

    async def authenticate(self, token: str) -> Ready:
        """Raises SessionRefused if the server rejects the token."""
        await self.send(Auth(token=token))
        return await self._answer_to(Ready)

    async def start(self, start: Start) -> Started:
        """Begin a session, or resume one. Raises SessionRefused with the server's hint."""
        await self.send(start)
        return await self._answer_to(Started)

    async def send(self, message: bytes | ClientMessage) -> None:
        """A message, or whole samples of the announced format, at most a second of them. Waits while the server reads
        no more. After a close it does nothing: who iterates learns of the close."""
        with contextlib.suppress(ConnectionClosed):
            await self._websocket.send(
                message if isinstance(message, bytes) else message.model_dump_json(exclude_none=True)
            )

    def cut(self) -> None:
        """As if the network were gone: what waits to be sent is dropped, and no close is sent."""
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

    async def _receive(self) -> Received:
        while True:
            text = await self._websocket.recv()
            at_ms = self._clock.monotonic_ms()
            if isinstance(text, bytes):
                continue  # The protocol has clients ignore binary messages.
            received = Received(at_ms, *_parse(text))
            self._on_received(received)
            return received

    async def _answer_to(self, expected: type[_SchemaT]) -> _SchemaT:
        """The next message of the expected type; an error instead of it is raised."""
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                while True:
                    message = (await self._receive()).message
                    if isinstance(message, expected):
                        return message
                    if isinstance(message, Error):
                        raise SessionRefused(message.code, message.message, message.hint, message.retry_after_ms)
        except TimeoutError as error:
            raise Unavailable(
                f"The server sent no {expected.__name__.lower()!r} within {HANDSHAKE_TIMEOUT_S:.0f} s.",
                "Check that the address is an edge's; if it is, see `rostrum ps` and the edge's log.",
            ) from error
        except ConnectionClosed:
            raise refused_by_close(self.close_code, self.close_reason) from None


def _parse(text: str) -> tuple[dict[str, Any], ServerMessage | None]:
    """Types and forms that this version does not know come back as None: the protocol has clients ignore them."""
    try:
        raw = json.loads(text)
        return raw, SERVER_MESSAGE.validate_python(raw)
    except ValidationError:
        return raw if isinstance(raw, dict) else {}, None
    except json.JSONDecodeError:
        return {}, None


def refused_by_close(code: int | None, reason: str) -> SessionRefused:
    """A connection that was closed before `ready` or `started` came."""
    return SessionRefused(f"closed_{code}", *describe_close(code, reason), 0 if code in RESUMABLE_CODES else None)


@asynccontextmanager
async def open_connection(
    url: str, tls: ssl.SSLContext | None = None, *, clock: Clock, on_received: OnReceived = lambda _: None
) -> AsyncIterator[EdgeConnection]:
    """A connection to the edge, on which nothing was said yet. `on_received` is called with every message as it
    arrives, those of the handshake included. Raises Unavailable if no connection can be opened."""
    try:
        websocket = await open_websocket(
            url,
            ssl=tls if url.startswith("wss:") else None,
            compression=None,  # It does not make audio smaller.
            open_timeout=OPEN_TIMEOUT_S,
            max_size=_MAX_REPORT_BYTES,
            # A proxy that the environment names does not lead back to this machine.
            proxy=None if urlsplit(url).hostname in LOOPBACK_NAMES else True,
        )
    except ssl.SSLCertVerificationError as error:  # an OSError too, with a mend of its own
        raise Unavailable(
            f"The certificate of {url} is not trusted: {error.verify_message}.",
            "Trust its authority (`rostrum stream --ca FILE`, or `tls=` in Python), or skip the check with `--insecure`"
            " for a server you trust.",
        ) from error
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise Unavailable(
            f"No connection to {url}: {error or type(error).__name__}.",
            "Check the address, and that the server is running (on this machine: `rostrum ps`).",
        ) from error
    async with websocket:
        yield EdgeConnection(websocket, clock, on_received)
