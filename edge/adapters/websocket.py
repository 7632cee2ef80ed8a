"""The WebSocket server, by the websockets library (https://websockets.readthedocs.io).

Two of its habits are overridden. Its keepalive closes a connection whose pong is late; but a pong waits behind the
audio while we do not read because Kafka is slow, so here a client counts as dead only if nothing came although we were
reading. And its `close` waits without end for a client that stopped reading, so here it is bounded.
"""

import asyncio
import http
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from edge import metrics
from edge.connection_limits import Doors
from edge.core.admission import handshake as rules
from edge.ports import Gone
from infra.errors import RostrumError
from schemas.wire import MAX_MESSAGE_BYTES

PATH = "/v1/stream"
_PING_EVERY_S = 20.0
_SILENT_S = 40.0
_CLOSE_S = 3.0
# A stranger who is slow to say anything holds a socket no longer than this, before TLS stands and before HTTP is said.
_HANDSHAKE_S = 10.0
# Messages read ahead of us, per connection.
_READ_AHEAD = 4
# Clients that may wait to be let in. When all come back at once and there is no room, a client's system tries again
# only after 1 s, 3 s, 7 s. Linux itself bounds it (net.core.somaxconn).
_WAITING_CLIENTS = 2048
# A client feels that we read no more once the kernel's buffer is full; its default can be megabytes.
_RECEIVE_BUFFER_BYTES = 256 * 1024
# What a client does not read waits in the kernel first, which would give megabytes to each.
_SEND_BUFFER_BYTES = 256 * 1024

Converse = Callable[["WebSocket"], Awaitable[None]]


class WebSocket:
    """One client's socket, as `edge.ports.Socket`."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._time_s = asyncio.get_running_loop().time
        self._reading_since: float | None = None

    async def receive(self) -> str | bytes:
        self._reading_since = self._time_s()
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            code = _broken_rule(_let_go(closed))
        finally:
            self._reading_since = None
        raise Gone(code)

    async def send(self, text: bytes) -> None:
        try:
            await self._connection.send(text, text=True)
        except ConnectionClosed as closed:
            _let_go(closed)
            raise Gone from None

    @property
    def unsent_bytes(self) -> int:
        return self._connection.transport.get_write_buffer_size()

    async def close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._connection.close(code, reason)
        except TimeoutError:
            self._connection.transport.abort()

    async def watch(self) -> None:
        """Ping the client now and then; cut it off if it is dead. Runs until cancelled or cut off."""
        while True:
            await asyncio.sleep(_PING_EVERY_S)
            try:
                async with asyncio.timeout(_PING_EVERY_S):
                    await (await self._connection.ping())
            except TimeoutError:
                if self._reading_s() >= _SILENT_S:
                    self._connection.transport.abort()
                    return
            except ConnectionClosed as closed:
                _let_go(closed)
                return

    def _reading_s(self) -> float:
        """For how long we have been waiting for the next message, in seconds."""
        return self._time_s() - self._reading_since if self._reading_since is not None else 0.0


def listening_socket(setting: str, host: str, port: int) -> socket.socket:
    """A socket that listens. Raises RostrumError naming the setting if it cannot."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise RostrumError(
            f"{setting}: cannot listen on {host} port {port} ({error}).", f"Set {setting} to a port that is free."
        ) from error
    # Sockets accepted later have the buffer sizes of the one that listens.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return listener


@asynccontextmanager
async def serve_websockets(
    listener: socket.socket, tls: ssl.SSLContext | None, doors: Doors, converse: Converse
) -> AsyncIterator[Server]:
    """Take clients while the block runs; those who are still there at its end are cut off."""

    async def handle(connection: ServerConnection) -> None:
        client = WebSocket(connection)
        watching = asyncio.create_task(client.watch())
        try:
            with doors.inside(_request(connection, plain=tls is None)):
                await converse(client)
        finally:
            watching.cancel()

    def let_in(connection: ServerConnection, request: Request) -> Response | None:
        if request.path.partition("?")[0] != PATH:
            metrics.CONNECTIONS_REFUSED.labels("path").inc()
            return connection.respond(
                http.HTTPStatus.NOT_FOUND,
                f"There is only one thing here: the WebSocket endpoint {PATH}. docs/protocol.md describes it.\n",
            )
        refusal = doors.refuse(_request(connection, plain=tls is None))
        if refusal is None:
            return None
        response = connection.respond(http.HTTPStatus(refusal.status), refusal.text + "\n")
        if refusal.retry_after_s is not None:
            response.headers["Retry-After"] = str(refusal.retry_after_s)
        return response

    server = await serve(
        handle,
        sock=listener,
        ssl=tls,
        compression=None,  # PCM does not shrink, and deflate costs memory for every connection.
        max_size=MAX_MESSAGE_BYTES,
        max_queue=_READ_AHEAD,
        ping_interval=None,
        open_timeout=_HANDSHAKE_S,
        close_timeout=_CLOSE_S,
        process_request=let_in,
        server_header=None,
        ssl_handshake_timeout=_HANDSHAKE_S if tls else None,
        backlog=_WAITING_CLIENTS,
    )
    try:
        yield server
    finally:
        server.close(code=1001, reason="draining")
        await server.wait_closed()


def _let_go(closed: ConnectionClosed) -> ConnectionClosed:
    """The connection keeps what it raised, and by its traceback whoever was told: a circle, for which all that belongs
    to a connection would stay until garbage is searched for."""
    return closed.with_traceback(None)


def _broken_rule(closed: ConnectionClosed) -> int | None:
    """The code that the library closed with (1002, 1007, 1009); None if the client closed, or just left."""
    return None if closed.sent is None or closed.rcvd_then_sent else closed.sent.code


def _request(connection: ServerConnection, *, plain: bool) -> rules.Request:
    request = connection.request
    if request is None:
        raise LookupError("the handshake has not been read yet")
    # Not `remote_address` of websockets, which asks the socket: that may be closed already.
    peer = connection.transport.get_extra_info("peername") or ("",)
    headers = request.headers
    return rules.Request(
        peer=str(peer[0]),
        forwarded=headers.get_all("X-Forwarded-For"),
        # A client that says two things of itself is believed none of them.
        origin=",".join(headers.get_all("Origin")) or None,
        host=",".join(headers.get_all("Host")),
        plain=plain,
    )
