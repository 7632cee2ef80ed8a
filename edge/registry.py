"""All clients that are connected to this edge."""

import asyncio
import uuid
from collections import defaultdict

import structlog

from edge import metrics
from edge.core.connection_state import ConnectionPolicy
from edge.ports import Ports, ReplyConsumer, Socket
from edge.service import Connection

_LAG_INTERVAL_S = 0.25


class ConnectionRegistry:
    """Handles each client by a `Connection`, which replies find by session and connection id. A session may have two
    connections for a moment: the one that resumed it, and an older one that has not been closed yet."""

    def __init__(self, ports: Ports, policy: ConnectionPolicy) -> None:
        self._ports = ports
        self._policy = policy
        self._connections: dict[str, dict[str, Connection]] = defaultdict(dict)
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()
        # Computed when the metrics are read: counting along would cost every record a little.
        metrics.PRODUCE_QUEUE_RECORDS.set_function(lambda: sum(each.queued_records for each in self._all()))
        metrics.PRODUCE_QUEUE_BYTES.set_function(lambda: ports.budget.bytes)
        metrics.SEND_QUEUE_MESSAGES.set_function(lambda: sum(each.queued_messages for each in self._all()))
        metrics.SEND_QUEUE_BYTES.set_function(lambda: sum(each.unsent_bytes for each in self._all()))
        metrics.TRANSCRIPTION_LAG_SECONDS.set_function(lambda: ports.admission.lag_s)
        metrics.ADMISSION_CLOSED.set_function(lambda: ports.admission.closed)

    async def handle(self, socket: Socket) -> None:
        """One connection, from beginning to end."""
        conn, session_id = uuid.uuid4().hex, str(uuid.uuid4())
        with structlog.contextvars.bound_contextvars(conn=conn), metrics.CONNECTIONS.track_inprogress():
            connection = Connection(
                socket,
                self._ports,
                self._policy,
                conn=conn,
                session_id=session_id,
                on_session_changed=self._on_session_changed,
            )
            self._add(connection)
            if self._draining:
                connection.drain()  # Its handshake was not complete when the others were drained.
            try:
                await connection.run()
            finally:
                self._remove(connection, connection.session_id)

    async def deliver(self, replies: ReplyConsumer) -> None:
        """Give each reply to its connection. Runs until it is cancelled."""
        async for reply in replies.for_sessions(self._connections.__contains__):
            connection = self._connections.get(reply.session_id, {}).get(reply.conn)
            if connection and reply.heard_frames is not None:
                connection.record_progress(reply.heard_frames)
            if connection and reply.message is not None:
                connection.deliver(reply.message)

    async def report_lag(self) -> None:
        """Tell the admission control how far the transcriber is behind. Runs until it is cancelled."""
        while True:
            lags_s = [lag_s for each in self._all() if (lag_s := each.lag_s) is not None]
            self._ports.admission.update(lags_s, self._ports.clock.monotonic_ms())
            await asyncio.sleep(_LAG_INTERVAL_S)

    async def drain(self) -> None:
        """Close every connection; returns when all are closed."""
        self._draining = True
        for connection in self._all():
            connection.drain()
        await self._empty.wait()

    def _all(self) -> list[Connection]:
        return [each for several in self._connections.values() for each in several.values()]

    def _on_session_changed(self, connection: Connection, before: str) -> None:
        """The connection has resumed another session than the one it was created with."""
        self._add(connection)
        self._remove(connection, before)

    def _add(self, connection: Connection) -> None:
        self._connections[connection.session_id][connection.conn] = connection
        self._empty.clear()

    def _remove(self, connection: Connection, session_id: str) -> None:
        del self._connections[session_id][connection.conn]
        if not self._connections[session_id]:
            del self._connections[session_id]
        if not self._connections:
            self._empty.set()
