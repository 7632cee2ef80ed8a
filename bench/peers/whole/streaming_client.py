"""One client: audio at the rate of a microphone, and everything that the server shows, with its time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from bench.speech_streams import SpeechStream
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, SAMPLE_RATE

CHUNK_S = FRAME_MS / 1000


@dataclass(frozen=True)
class ShownText:
    """The text that a client sees from this time on."""

    at_s: float
    """From the stream's first sample."""
    committed: str
    """All text that will not change any more."""
    tail: str
    """Text that may change."""


class StreamingClient:
    """What the adapter of a server is given for each session."""

    def __init__(self, stream: SpeechStream) -> None:
        self.stream = stream
        self.shown: list[ShownText] = []
        self.problems: list[str] = []
        """Errors, and connections closed too early."""
        self.latest_s = 0.0
        """How late the latest chunk was sent: a harness that cannot keep up measures itself."""
        self.ended_s: float | None = None
        self.done_s: float | None = None
        self._began_s: float | None = None

    async def audio(self) -> AsyncIterator[bytes]:
        """Chunks of 250 ms, each once its last sample has been spoken."""
        self._began_s = time.monotonic()
        pcm = self.stream.pcm
        for begin in range(0, len(pcm), FRAME_BYTES):
            chunk = pcm[begin : begin + FRAME_BYTES]
            due_s = self._began_s + (begin + len(chunk)) / SAMPLE_BYTES / SAMPLE_RATE
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            self.latest_s = max(self.latest_s, time.monotonic() - due_s)
            yield chunk

    def now_s(self) -> float:
        return 0.0 if self._began_s is None else time.monotonic() - self._began_s

    def show(self, committed: str, tail: str = "") -> None:
        """To be called with each new state of the whole text."""
        if not self.shown or (self.shown[-1].committed, self.shown[-1].tail) != (committed, tail):
            self.shown.append(ShownText(self.now_s(), committed, tail))

    def report(self, problem: str) -> None:
        self.problems.append(f"{self.now_s():.1f} s: {problem}")

    def ended(self) -> None:
        """To be called as soon as the server has been told that the audio has ended."""
        self.ended_s = self.now_s()

    async def run(self, session: Callable[["StreamingClient"], Awaitable[None]], limit_s: float) -> None:
        """The whole session. Any failure in it is a problem of this client, since it is part of what is measured."""
        try:
            async with asyncio.timeout(limit_s):
                await session(self)
        except TimeoutError:
            self.report(f"not done after {limit_s:.0f} s")
        except Exception as error:  # noqa: BLE001 - any failure of a server's client is a result
            self.report(f"{type(error).__name__}: {error}")
        self.done_s = self.now_s()
