"""One client: audio at the pace of a microphone, and everything that the server shows, with its time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from bench.speech_streams import Stream
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, SAMPLE_RATE

CHUNK_S = FRAME_MS / 1000


@dataclass(frozen=True)
class Shown:
    """What a client sees from this time on, in seconds from its stream's first sample: the whole text that will not
    change any more, and the tail that may."""

    at_s: float
    committed: str
    tail: str


class Speaker:
    """What a server's adapter is given. `notes`: anything odd, as an error or a close that came too soon."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.shown: list[Shown] = []
        self.notes: list[str] = []
        self.latest_s = 0.0
        self.ended_s: float | None = None
        self.done_s: float | None = None
        self._began_s: float | None = None

    async def audio(self) -> AsyncIterator[bytes]:
        """Chunks of 250 ms, each once its last sample has been spoken; then it ends. `latest_s` tells how late the
        latest of them was: a harness that cannot keep up measures itself."""
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
        """Call with each new state of the text, the whole of it."""
        if not self.shown or (self.shown[-1].committed, self.shown[-1].tail) != (committed, tail):
            self.shown.append(Shown(self.now_s(), committed, tail))

    def note(self, what: str) -> None:
        self.notes.append(f"{self.now_s():.1f} s: {what}")

    def ended(self) -> None:
        """Call at once when the server has been told that no more audio comes."""
        self.ended_s = self.now_s()

    async def speak(self, session: Callable[["Speaker"], Awaitable[None]], limit_s: float) -> None:
        """The whole session; whatever goes wrong in it is noted, for it is part of what is measured."""
        try:
            async with asyncio.timeout(limit_s):
                await session(self)
        except TimeoutError:
            self.note(f"not done after {limit_s:.0f} s")
        except Exception as error:  # noqa: BLE001 - any failure of a server's client is a result
            self.note(f"{type(error).__name__}: {error}")
        self.done_s = self.now_s()
