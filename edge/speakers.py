"""All who are connected to this edge."""

import asyncio
import uuid

import structlog

from edge import metrics
from edge.core.session import Terms
from edge.service import Conversation, Ports, Replies, Socket


class Speakers:
    """Whoever comes in gets a conversation; replies find theirs by the session's id."""

    def __init__(self, ports: Ports, terms: Terms) -> None:
        self._ports = ports
        self._terms = terms
        self._conversations: dict[str, Conversation] = {}
        self._everybody_left = asyncio.Event()
        self._everybody_left.set()

    async def converse(self, socket: Socket) -> None:
        """One connection, from beginning to end."""
        # Both are given out before anybody asks, so that every log line of the connection bears them.
        conn, session_id = uuid.uuid4().hex, str(uuid.uuid4())
        with (
            structlog.contextvars.bound_contextvars(conn=conn, session_id=session_id),
            metrics.CONNECTIONS.track_inprogress(),
        ):
            conversation = Conversation(socket, self._ports, self._terms, conn=conn, session_id=session_id)
            self._conversations[session_id] = conversation
            self._everybody_left.clear()
            try:
                await conversation.run()
            finally:
                del self._conversations[session_id]
                if not self._conversations:
                    self._everybody_left.set()

    async def distribute(self, replies: Replies) -> None:
        """Give each reply to the one it is for. Runs until it is cancelled."""
        async for reply in replies.for_sessions(self._conversations.__contains__):
            conversation = self._conversations.get(reply.session_id)
            if conversation and reply.conn == conversation.conn and reply.message is not None:
                conversation.deliver(reply.message)

    async def drain(self) -> None:
        """Ask everybody to leave; returns when they have."""
        for conversation in list(self._conversations.values()):
            conversation.drain()
        await self._everybody_left.wait()
