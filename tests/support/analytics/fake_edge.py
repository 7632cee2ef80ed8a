"""A scripted edge for the page: ten questions, words while audio arrives, a summary, a report."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from schemas.audio import FRAME_BYTES
from tests.support.analytics.events import report

WORDS = ["yesterday", "i", "go", "to", "the", "<b>market</b>", "and", "he", "buy", "some", "apples"]
QUESTIONS = [{"number": n, "text": f"What did you do {n} days ago?"} for n in range(1, 11)]
RETRY_MS = 200


@dataclass
class PageEdge:
    """One word per frame, and a final of every three words."""

    close_after: tuple[int, int] | None = None
    """(frame, code): the connection is closed once, with this code, at this frame, which is then `lost`."""
    forgets: bool = False
    """No session can be resumed."""
    refuse: bool = False
    """Every token is rejected."""
    full: bool = False
    """Every start is rejected as overloaded."""
    lost: bytes = b""
    texts: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    audio: bytes = b""
    url: str = ""
    may_resume: asyncio.Event = field(default_factory=asyncio.Event)
    """A resuming client waits for it."""
    _question: int | None = None
    _finals: int = 0

    async def serve(self, connection: ServerConnection) -> None:
        async for message in connection:
            if isinstance(message, bytes):
                await self._receive_audio(connection, message)
            else:
                await self._receive(connection, json.loads(message))

    async def _receive(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        self.texts.append(message)
        match message["type"]:
            case "auth" if self.refuse:
                await _send(
                    connection, "error", code="expired", message="The token has expired.", hint="Get one.", fatal=True
                )
                await connection.close(4401)
            case "auth":
                limits = {"session_s": 3600, "resume_grace_s": 30, "message_bytes": 262144}
                await _send(connection, "ready", protocol=1, user_id="ann", limits=limits)
            case "start" if self.forgets and "resume" in message:
                await _send(
                    connection, "error", code="no_session", message="There is no such session.", hint="", fatal=True
                )
                await connection.close(4404)
            case "start" if self.full:
                overloaded = {"code": "overloaded", "message": "There is no place now.", "hint": "", "fatal": True}
                await _send(connection, "error", **overloaded, retry_after_ms=RETRY_MS)
                await connection.close(1013)
            case "start":
                if "resume" in message:
                    await self.may_resume.wait()
                first = message.get("from_frame", 0)
                self.audio = self.audio[: first * FRAME_BYTES]
                started = {"resume_token": "r", "frame_ms": 250, "frame_bytes": 8000, "next_frame": first}
                await _send(connection, "started", session_id="s1", **started)
                await _send(
                    connection, "notice", code="demo_model", message="Demo recogniser: it knows its recordings."
                )
                await _send(connection, "questions", questions=QUESTIONS, source="bank")
            case "answer":
                self._question = message["question"]
            case "end":
                await self._finish(connection)

    async def _receive_audio(self, connection: ServerConnection, audio: bytes) -> None:
        frames = (len(self.audio) + len(audio)) // FRAME_BYTES
        if self.close_after and frames == self.close_after[0]:
            code, self.close_after, self.lost = self.close_after[1], None, audio
            await connection.close(code)
            return
        self.audio += audio
        self.sizes.append(len(audio))
        await _send(connection, "ack", frames=frames)
        pending = WORDS[self._finals * 3 : frames]
        if len(pending) >= 3:
            await self._final(connection, pending[:3])
        elif pending:
            times = {"start_ms": frames * 250 - 500, "end_ms": frames * 250}
            await _send(connection, "partial", text=" ".join(pending), after_final=self._finals, **times)

    async def _final(self, connection: ServerConnection, said: list[str]) -> None:
        self._finals += 1
        words = [
            {"text": word, "start_ms": at * 250, "end_ms": at * 250 + 200, "probability": 0.4 if word == "buy" else 0.9}
            for at, word in enumerate(said)
        ]
        await _send(
            connection,
            "final",
            number=self._finals,
            text=" ".join(said),
            start_ms=0,
            end_ms=200,
            question=self._question,
            words=words,
        )

    async def _finish(self, connection: ServerConnection) -> None:
        if rest := WORDS[self._finals * 3 : len(self.audio) // FRAME_BYTES]:
            await self._final(connection, rest)
        await _send(
            connection, "summary", words=9, speech_ms=4200, audio_ms=6000, words_per_minute=128.6, finals=self._finals
        )
        await _send(connection, "report", report=report("You told a story well.").model_dump(mode="json"), error=None)
        await connection.close(1000)


async def _send(connection: ServerConnection, kind: str, **fields: Any) -> None:
    await connection.send(json.dumps({"type": kind, **fields}))


@asynccontextmanager
async def edge_running(edge: PageEdge) -> AsyncIterator[PageEdge]:
    """The edge on a free loopback port, with its address in `url`."""
    async with serve(edge.serve, "127.0.0.1", 0) as server:
        edge.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield edge
