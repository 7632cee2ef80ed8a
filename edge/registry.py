"""All who are connected to this edge."""

import asyncio
import uuid
from collections import defaultdict

import structlog

from edge import metrics
from edge.core.connection_state import ConnectionPolicy
from edge.ports import Ports, Replies, Socket
from edge.service import Conversation

_LOOK_S = 0.25


class Speakers:
    """Whoever comes in gets a conversation; replies find theirs by the session's id and the connection's. A session may
    have two connections for a moment: one that goes on with it, and an older one that has not been told yet."""

    def __init__(self, ports: Ports, policy: ConnectionPolicy) -> None:
        self._ports = ports
        self._terms = policy
        self._conversations: dict[str, dict[str, Conversation]] = defaultdict(dict)
        self._draining = False
        self._everybody_left = asyncio.Event()
        self._everybody_left.set()
        # Asked for when somebody looks at the metrics: counting along would cost every record a little.
        metrics.UNWRITTEN.set_function(lambda: sum(each.unwritten for each in self._all()))
        metrics.UNWRITTEN_BYTES.set_function(lambda: ports.reservoir.bytes)
        metrics.UNSENT.set_function(lambda: sum(each.unsent for each in self._all()))
        metrics.UNSENT_BYTES.set_function(lambda: sum(each.unsent_bytes for each in self._all()))
        metrics.LAG_SECONDS.set_function(lambda: ports.admission.lag_s)
        metrics.SHUT.set_function(lambda: ports.admission.shut)

    async def converse(self, socket: Socket) -> None:
        """One connection, from beginning to end."""
        conn, session_id = uuid.uuid4().hex, str(uuid.uuid4())
        with structlog.contextvars.bound_contextvars(conn=conn), metrics.CONNECTIONS.track_inprogress():
            conversation = Conversation(
                socket, self._ports, self._terms, conn=conn, session_id=session_id, turned=self._turned
            )
            self._enter(conversation)
            if self._draining:
                conversation.drain()  # The handshake took so long that the others have been told already.
            try:
                await conversation.run()
            finally:
                self._leave(conversation, conversation.session_id)

    async def distribute(self, replies: Replies) -> None:
        """Give each reply to the one it is for. Runs until it is cancelled."""
        async for reply in replies.for_sessions(self._conversations.__contains__):
            conversation = self._conversations.get(reply.session_id, {}).get(reply.conn)
            if conversation and reply.heard_frames is not None:
                conversation.heard(reply.heard_frames)
            if conversation and reply.message is not None:
                conversation.deliver(reply.message)

    async def watch_lag(self) -> None:
        """Tell the admission how far the transcriber is behind. Runs until it is cancelled."""
        while True:
            lags_s = [lag_s for each in self._all() if (lag_s := each.lag_s) is not None]
            self._ports.admission.look(lags_s, self._ports.clock.monotonic_ms())
            await asyncio.sleep(_LOOK_S)

    async def drain(self) -> None:
        """Ask everybody to leave; returns when they have."""
        self._draining = True
        for conversation in self._all():
            conversation.drain()
        await self._everybody_left.wait()

    def _all(self) -> list[Conversation]:
        return [each for several in self._conversations.values() for each in several.values()]

    def _turned(self, conversation: Conversation, before: str) -> None:
        """This connection goes on with another session than the one it was given."""
        self._enter(conversation)
        self._leave(conversation, before)

    def _enter(self, conversation: Conversation) -> None:
        self._conversations[conversation.session_id][conversation.conn] = conversation
        self._everybody_left.clear()

    def _leave(self, conversation: Conversation, session_id: str) -> None:
        del self._conversations[session_id][conversation.conn]
        if not self._conversations[session_id]:
            del self._conversations[session_id]
        if not self._conversations:
            self._everybody_left.set()
