"""The WebSocket server, by the websockets library (https://websockets.readthedocs.io).

Two of its behaviours are overridden. Its keepalive closes a connection whose pong is late; but a pong waits behind the
audio while the edge does not read because Kafka is slow, so here a client counts as dead only if nothing arrives while
the edge is reading. And its `close` waits for ever for a client that stopped reading, so here it has a timeout.
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
from edge.connection_limits import ConnectionLimiter
from edge.core.admission.handshake import HandshakeRequest
from edge.ports import SocketClosed
from infra.errors import RostrumError
from schemas.wire import MAX_MESSAGE_BYTES

PATH = "/v1/stream"
_PING_INTERVAL_S = 20.0
_DEAD_AFTER_S = 40.0
_CLOSE_TIMEOUT_S = 3.0
_HANDSHAKE_TIMEOUT_S = 10.0
"""How long a client may hold a socket before TLS is established, and then before its HTTP request is complete."""
_READ_AHEAD = 4
"""Messages that the library reads ahead, per connection."""
_LISTEN_BACKLOG = 2048
"""Clients that may wait to be accepted. When all reconnect at once and there is no room, a client's system tries again
only after 1 s, 3 s, 7 s. Linux bounds it too (net.core.somaxconn)."""
_RECEIVE_BUFFER_BYTES = 256 * 1024
"""A client notices that it is not read once the kernel's buffer is full; the default can be megabytes."""
_SEND_BUFFER_BYTES = 256 * 1024
"""What a client does not read waits in the kernel first, which would allow megabytes for each."""

Handler = Callable[["WebSocket"], Awaitable[None]]


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
            code = _violation_code(_without_traceback(closed))
        finally:
            self._reading_since = None
        raise SocketClosed(code)

    async def send(self, text: bytes) -> None:
        try:
            await self._connection.send(text, text=True)
        except ConnectionClosed as closed:
            _without_traceback(closed)
            raise SocketClosed from None

    @property
    def unsent_bytes(self) -> int:
        return self._connection.transport.get_write_buffer_size()

    async def close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._connection.close(code, reason)
        except TimeoutError:
            self._connection.transport.abort()

    async def watch(self) -> None:
        """Ping the client regularly; drop the connection if it is dead. Runs until cancelled or dropped."""
        while True:
            await asyncio.sleep(_PING_INTERVAL_S)
            try:
                async with asyncio.timeout(_PING_INTERVAL_S):
                    await (await self._connection.ping())
            except TimeoutError:
                if self._reading_s() >= _DEAD_AFTER_S:
                    self._connection.transport.abort()
                    return
            except ConnectionClosed as closed:
                _without_traceback(closed)
                return

    def _reading_s(self) -> float:
        """How long the edge has been waiting for the next message, in seconds."""
        return self._time_s() - self._reading_since if self._reading_since is not None else 0.0


def listening_socket(setting: str, host: str, port: int) -> socket.socket:
    """A listening socket. Raises RostrumError naming the setting if that is not possible."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise RostrumError(
            f"{setting}: cannot listen on {host} port {port} ({error}).", f"Set {setting} to a port that is free."
        ) from error
    # Accepted sockets inherit the buffer sizes of the listening one.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return listener


@asynccontextmanager
async def serve_websockets(
    listener: socket.socket, tls: ssl.SSLContext | None, limiter: ConnectionLimiter, handler: Handler
) -> AsyncIterator[Server]:
    """Accept clients while the block runs; those still connected at its end are dropped."""

    async def handle(connection: ServerConnection) -> None:
        client = WebSocket(connection)
        watching = asyncio.create_task(client.watch())
        try:
            with limiter.track(_request(connection, plain=tls is None)):
                await handler(client)
        finally:
            watching.cancel()

    def process_request(connection: ServerConnection, request: Request) -> Response | None:
        if request.path.partition("?")[0] != PATH:
            metrics.CONNECTIONS_REJECTED.labels("path").inc()
            return connection.respond(
                http.HTTPStatus.NOT_FOUND,
                f"The only endpoint here is the WebSocket {PATH}; docs/protocol.md describes it.\n",
            )
        rejection = limiter.check(_request(connection, plain=tls is None))
        if rejection is None:
            return None
        response = connection.respond(http.HTTPStatus(rejection.status), rejection.text + "\n")
        if rejection.retry_after_s is not None:
            response.headers["Retry-After"] = str(rejection.retry_after_s)
        return response

    server = await serve(
        handle,
        sock=listener,
        ssl=tls,
        compression=None,  # PCM does not compress, and deflate costs memory for every connection.
        max_size=MAX_MESSAGE_BYTES,
        max_queue=_READ_AHEAD,
        ping_interval=None,
        open_timeout=_HANDSHAKE_TIMEOUT_S,
        close_timeout=_CLOSE_TIMEOUT_S,
        process_request=process_request,
        server_header=None,
        ssl_handshake_timeout=_HANDSHAKE_TIMEOUT_S if tls else None,
        backlog=_LISTEN_BACKLOG,
    )
    try:
        yield server
    finally:
        server.close(code=1001, reason="draining")
        await server.wait_closed()


def _without_traceback(closed: ConnectionClosed) -> ConnectionClosed:
    """The connection keeps the exception it raised, whose traceback refers to the tasks that received it: a reference
    cycle, which would keep the connection's buffers in memory until the next garbage collection."""
    return closed.with_traceback(None)


def _violation_code(closed: ConnectionClosed) -> int | None:
    """The code that the library closed with (1002, 1007, 1009); None if the client closed or left."""
    return None if closed.sent is None or closed.rcvd_then_sent else closed.sent.code


def _request(connection: ServerConnection, *, plain: bool) -> HandshakeRequest:
    request = connection.request
    if request is None:
        raise LookupError("the handshake is not complete yet")
    # Not `remote_address` of websockets, which asks the socket, which may be closed already.
    peer = connection.transport.get_extra_info("peername") or ("",)
    headers = request.headers
    return HandshakeRequest(
        peer=str(peer[0]),
        forwarded=headers.get_all("X-Forwarded-For"),
        # Of a client that sends two origins or hosts neither is accepted.
        origin=",".join(headers.get_all("Origin")) or None,
        host=",".join(headers.get_all("Host")),
        plain=plain,
    )
