"""A server that plays the edge's part from a script, over real sockets: for tests of the client."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from schemas.audio import FRAME_BYTES

FINAL = {
    "type": "final",
    "number": 1,
    "text": "good morning.",
    "start_ms": 100,
    "end_ms": 400,
    "question": 1,
    "words": [
        {"text": "good", "start_ms": 100, "end_ms": 200, "probability": 0.9},
        {"text": "morning.", "start_ms": 200, "end_ms": 400, "probability": 0.8},
    ],
}
REPORT = {
    "version": 1,
    "engine": "rules",
    "model": "rules-1",
    "summary": "A short [bold] answer.",
    "answers": [
        {
            "question": 1,
            "question_text": "How are you?",
            "transcript": "good morning.",
            "verdict": "not_judged",
            "reason": "No language model was asked.",
            "errors": [
                {
                    "quote": "good morning",
                    "correction": "a good morning",
                    "explanation": "An article is missing.",
                    "start_ms": 100,
                    "end_ms": 400,
                    "uncertain": True,
                }
            ],
        }
    ],
    "measures": {
        "words": 2,
        "words_per_minute": 120.0,
        "pauses": 0,
        "pause_ms": 0,
        "fillers": 0,
        "lexical_diversity": None,
    },
    "practise": [{"title": "Articles", "reason": "One was missing."}],
    "limits": ["Judged by rules alone."],
}

NOT_KEPT = {
    "type": "error",
    "code": "not_kept",
    "message": "Something was not stored.",
    "hint": "Connect again.",
    "fatal": True,
    "retry_after_ms": 10,
}


@dataclass
class ScriptedEdge:
    """Answers as the protocol has it, but for what a test sets."""

    refusal: dict[str, Any] | None = None
    """Sent in place of `ready`; then the connection is closed."""
    cut_after: int | None = None
    """Close with 1013 after so many binary messages, the last of which is not stored, over the first `cuts`
    connections."""
    cuts: int = 1
    resume_refusal: dict[str, Any] | None = None
    """Sent in place of `started` to a client that resumes; then the connection is closed."""
    report: dict[str, Any] = field(default_factory=lambda: {"type": "report", "report": REPORT})
    """The last message."""
    silent_end: bool = False
    """Never answer `end`."""
    acks: bool = True
    """Acknowledge audio."""
    notice: dict[str, Any] | None = None
    """Sent after the first binary message of a session."""
    texts: list[dict[str, Any]] = field(default_factory=list)
    """All text messages received, and in `order` the types of all messages."""
    order: list[str] = field(default_factory=list)
    audio: bytes = b""
    url: str = ""

    async def serve(self, connection: ServerConnection) -> None:
        binaries = 0
        async for message in connection:
            if isinstance(message, bytes):
                binaries += 1
                self.order.append("audio")
                if binaries == self.cut_after and self.cuts:
                    self.cuts -= 1
                    await self._say(connection, NOT_KEPT)
                    await connection.close(1013, "too much to do")
                    return
                self.audio += message
                if self.notice and binaries == 1:
                    await self._say(connection, self.notice)
                if self.acks:
                    await self._say(connection, {"type": "ack", "frames": len(self.audio) // FRAME_BYTES})
                continue
            received = json.loads(message)
            self.texts.append(received)
            self.order.append(received["type"])
            if await self._answered(connection, received):
                return

    async def _answered(self, connection: ServerConnection, received: dict[str, Any]) -> bool:
        """Whether the session is over."""
        kind = received["type"]
        if kind == "auth" and self.refusal:
            await self._say(connection, self.refusal)
            await connection.close(4401)
            return True
        if kind == "auth":
            limits = {"session_s": 3600, "resume_grace_s": 30, "message_bytes": 262144}
            await self._say(connection, {"type": "ready", "protocol": 1, "user_id": "ada", "limits": limits})
        if kind == "start":
            if received.get("resume") and self.resume_refusal:
                await self._say(connection, self.resume_refusal)
                await connection.close(4404)
                return True
            first = received.get("from_frame", 0)
            self.audio = self.audio[: first * FRAME_BYTES]
            started = {
                "session_id": "s-1",
                "resume_token": "r",
                "frame_ms": 250,
                "frame_bytes": 8000,
                "next_frame": first,
            }
            await self._say(connection, {"type": "started", **started})
            asked = [{"number": 1, "text": "How are you?"}]
            await self._say(connection, {"type": "questions", "questions": asked, "source": "bank"})
            await self._say(connection, {"type": "of_a_later_version", "text": "unknown"})
            await connection.send(b"\x00")
        if kind == "answer":
            partial = {"text": "good mor", "start_ms": 100, "end_ms": 300, "after_final": 0}
            await self._say(connection, {"type": "partial", **partial})
        if kind == "end" and not self.silent_end:
            await self._say(connection, {"type": "ack", "frames": -(-len(self.audio) // FRAME_BYTES)})
            await self._say(connection, FINAL)
            summary = {"words": 2, "speech_ms": 300, "audio_ms": 500, "words_per_minute": 120.0, "finals": 1}
            await self._say(connection, {"type": "summary", **summary})
            await self._say(connection, self.report)
            await connection.close(1000)
            return True
        return False

    @staticmethod
    async def _say(connection: ServerConnection, message: dict[str, Any]) -> None:
        await connection.send(json.dumps(message))


@asynccontextmanager
async def running(edge: ScriptedEdge) -> AsyncIterator[ScriptedEdge]:
    """The scripted edge on a free port of the loopback, its address in `url`."""
    async with serve(edge.serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        edge.url = f"ws://127.0.0.1:{port}/v1/stream"
        yield edge
