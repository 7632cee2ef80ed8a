"""One simulated speaker: a microphone that nothing stops, over connections that come and go."""

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cli.load.speech import Speech
from cli.load.trace import Absence, Trace
from client.connection import Client, Received, Refused, connect
from client.resend_buffer import Memory, pause_ms, worth_a_return
from infra.clock import Clock
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.wire import Ack, BeginAnswer, End, Error, Start, Summary

_AWAY_S = (0.2, 3.0)
"""How long a speaker whose connection was dropped stays away."""


@dataclass(frozen=True)
class Habits:
    """`wait_s`: how long a speaker may be kept waiting for the beginning of their session, and after its end for its
    summary. `jitter_ms`: how much later than due a
    message may be. `drop_every_s`: between two drops of a connection, in the mean; None: none."""

    url: str
    tls: ssl.SSLContext
    wait_s: float
    jitter_ms: float
    drop_every_s: float | None


class LoadSpeaker:
    """`token` is asked for anew with every connection."""

    def __init__(
        self, name: str, token: Callable[[], str], speech: Speech, habits: Habits, clock: Clock, dice: random.Random
    ) -> None:
        self._token = token
        self._habits = habits
        self._clock = clock
        self._dice = dice
        self._memory = Memory()
        self._said = asyncio.Event()
        # Frames sent over this connection and not acknowledged: the number after each, and when it was sent.
        self._waiting: deque[tuple[int, float]] = deque()
        self._sent_bytes = 0
        self._lost_ms: float | None = None
        self._retry_after_ms: int | None = None
        self._done = False
        self._deadline: asyncio.Timeout | None = None
        self.trace = Trace(name, speech)

    async def run(self) -> Trace:
        """The whole session, bounded in time: what goes wrong stands in the trace."""
        wait_s = self._habits.wait_s
        try:
            async with asyncio.timeout(wait_s) as deadline:
                self._deadline = deadline
                await self._connections()
        except TimeoutError:
            self.trace.failed = f"not done {wait_s:g} s after " + ("its end" if self.trace.began else "it came")
        except Refused as refused:
            self.trace.failed = refused.message
        self.trace.frames_acked = self._memory.frames_acked
        self._end_absence(None)
        return self.trace

    async def _connections(self) -> None:
        """One after the other, until the session is summed up."""
        speaking: asyncio.Task[None] | None = None
        tries = 0
        try:
            while not self._done:
                await asyncio.sleep(pause_ms(tries, self._retry_after_ms) / 1000)
                self._retry_after_ms = None
                tries += 1
                try:
                    async with connect(
                        self._habits.url, self._habits.tls, clock=self._clock, watch=self._hear
                    ) as client:
                        await client.authenticate(self._token())
                        await client.start(self._memory.opening(Start(questions=0)))
                        speaking = speaking or asyncio.create_task(self._speak())
                        tries = 0
                        await self._converse(client)
                except Unavailable:
                    self.trace.turned_away["unreachable"] += 1
                except Refused as refused:
                    self._refused(refused)
        finally:
            if speaking:
                speaking.cancel()
                await asyncio.wait({speaking})

    def _refused(self, refused: Refused) -> None:
        """Raises it again if it is for good."""
        closed = refused.code.removeprefix("closed_")
        passing = closed.isdigit() and worth_a_return(int(closed))
        if not passing and self._retry_after_ms is None:
            raise refused
        self.trace.turned_away[refused.code] += 1

    async def _converse(self, client: Client) -> None:
        """Over one connection, until it is lost, dropped, or the session summed up."""
        self._waiting.clear()
        self._sent_bytes = self._memory.frames_acked * FRAME_BYTES
        self._said.set()
        sending = asyncio.create_task(self._send(client))
        dropping = asyncio.create_task(self._drop(client))
        try:
            async for _ in client:
                if self._done:
                    return
        finally:
            for task in (sending, dropping):
                task.cancel()
            await asyncio.wait({sending, dropping})
        if self._lost_ms is None:
            self._lost_ms = self._now_ms()
        if dropping.cancelled():
            code = client.close_code
            if not worth_a_return(code):
                raise Refused(f"closed_{code}", f"The server closed with {code} {client.close_reason}.".strip(), "")
            return
        await asyncio.sleep(self._dice.uniform(*_AWAY_S))

    async def _speak(self) -> None:
        """What a microphone gives, whether or not there is a connection."""
        loop, pcm = asyncio.get_running_loop(), self.trace.speech.pcm
        began_s = loop.time()
        self.trace.began_ms = self._now_ms()
        if self._deadline:
            self._deadline.reschedule(began_s + self.trace.speech.seconds + self._habits.wait_s)
        self._say(BeginAnswer(question=1))
        for at in range(0, len(pcm), FRAME_BYTES):
            piece = pcm[at : at + FRAME_BYTES]
            due_s = began_s + (at + len(piece)) / SAMPLE_BYTES / SAMPLE_RATE
            jitter_s = self._dice.uniform(0, self._habits.jitter_ms) / 1000
            await asyncio.sleep(due_s + jitter_s - loop.time())
            self.trace.late_ms.append((loop.time() - due_s - jitter_s) * 1000)
            self.trace.spoken_bytes += len(piece)
            self._say(piece)
        self._say(End())

    def _say(self, saying: bytes | BeginAnswer | End) -> None:
        self._memory.say(saying)
        self._said.set()

    async def _send(self, client: Client) -> None:
        while True:
            await self._said.wait()
            self._said.clear()
            while (saying := self._memory.take()) is not None:
                await self._give(client, saying)

    async def _give(self, client: Client, saying: bytes | BeginAnswer | End) -> None:
        match saying:
            case bytes():
                self._sent_bytes += len(saying)
                self._waiting.append((-(-self._sent_bytes // FRAME_BYTES), self._now_ms()))
                await client.send_audio(saying)
            case BeginAnswer():
                await client.begin_answer(saying.question)
            case End():
                await client.end()

    async def _drop(self, client: Client) -> None:
        """Cut the connection some time, if that is wished for. A session's end is left in peace."""
        if self._habits.drop_every_s is None:
            await asyncio.Event().wait()
        await asyncio.sleep(self._dice.expovariate(1 / (self._habits.drop_every_s or 1.0)))
        self._lost_ms = self._now_ms()
        client.cut()

    def _hear(self, item: Received) -> None:
        self.trace.received.append(item)
        self._memory.hear(item.message)
        match item.message:
            case Ack(frames=frames):
                self._acknowledged(frames, item.at_ms)
            case Summary():
                self._done = True
                self._end_absence(item.at_ms, acked=False)
            case Error(retry_after_ms=int(retry_after_ms)):
                self._retry_after_ms = retry_after_ms

    def _acknowledged(self, frames: int, at_ms: float) -> None:
        while self._waiting and self._waiting[0][0] <= frames:
            self.trace.ack_delays_ms.append(at_ms - self._waiting.popleft()[1])
        self._end_absence(at_ms)

    def _end_absence(self, at_ms: float | None, *, acked: bool = True) -> None:
        if self._lost_ms is not None:
            self.trace.absences.append(Absence(self._lost_ms, at_ms, acked))
            self._lost_ms = None

    def _now_ms(self) -> float:
        return self._clock.monotonic_ms()
