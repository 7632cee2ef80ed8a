"""One simulated speaker: a microphone that nothing stops, over connections that come and go."""

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cli.load.speech import SpokenAudio
from cli.load.trace import ConnectionGap, SpeakerTrace
from client import Reconnecting, ReconnectPolicy, RostrumError, Session, SessionObserver, connect
from client.beside import beside
from client.connection import Received
from client.resend_buffer import Outgoing
from infra.clock import Clock
from schemas.audio import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.wire import Ack, Start, Started, Summary

_AWAY_S = (0.2, 3.0)
"""How long a speaker whose connection was dropped stays away."""
_PATIENT = ReconnectPolicy(gives_up=False, retries_first=True)
"""A speaker's own time limit ends its attempts."""


@dataclass(frozen=True)
class SpeakerProfile:
    """How simulated speakers behave."""

    url: str
    tls: ssl.SSLContext
    wait_s: float
    """How long a speaker waits for its session to begin, and after its end for the summary."""
    jitter_ms: float
    """How much later than due a message may be."""
    drop_every_s: float | None
    """Mean time between two drops of a connection; None: none are dropped."""


class LoadSpeaker(SessionObserver):
    """`token` is asked for with every connection."""

    def __init__(
        self,
        name: str,
        token: Callable[[], str],
        speech: SpokenAudio,
        profile: SpeakerProfile,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.trace = SpeakerTrace(name, speech)
        self._token = token
        self._profile = profile
        self._clock = clock
        self._chance = chance
        self._connected = asyncio.Event()
        # Frames sent over this connection and not acknowledged: the number after each, and when it was sent.
        self._unacked: deque[tuple[int, float]] = deque()
        self._sent_bytes = 0
        self._lost_ms: float | None = None

    async def run(self) -> SpeakerTrace:
        """The whole session, bounded in time. What goes wrong is in the trace."""
        wait_s = self._profile.wait_s
        try:
            async with asyncio.timeout(wait_s) as deadline:
                async with connect(
                    self._profile.url,
                    token=self._fresh_token,
                    start=Start(questions=0),
                    tls=self._profile.tls,
                    reconnect=_PATIENT,
                    observer=self,
                    buffer_s=self.trace.speech.seconds + 1.0,  # nothing stops this microphone
                    clock=self._clock,
                ) as session:
                    deadline.reschedule(asyncio.get_running_loop().time() + self.trace.speech.seconds + wait_s)
                    await self._until_summary(session)
        except TimeoutError:
            self.trace.failed = (
                f"not done {wait_s:g} s after its end" if self.trace.began else f"not served within {wait_s:g} s"
            )
        except RostrumError as error:
            self.trace.failed = error.message
        self._end_gap(None)
        self.trace.done = True
        return self.trace

    async def _fresh_token(self) -> str:
        return self._token()

    async def _until_summary(self, session: Session) -> None:
        async with beside(self._speak(session), self._drop_connections(session)):
            async for message in session:
                if isinstance(message, Summary):
                    return

    async def _speak(self, session: Session) -> None:
        """What a microphone gives, whether or not there is a connection."""
        loop, pcm = asyncio.get_running_loop(), self.trace.speech.pcm
        began_s = loop.time()
        self.trace.began_ms = self._now_ms()
        session.begin_answer(1)
        for at in range(0, len(pcm), FRAME_BYTES):
            piece = pcm[at : at + FRAME_BYTES]
            due_s = began_s + (at + len(piece)) / SAMPLE_BYTES / SAMPLE_RATE
            jitter_s = self._chance.uniform(0, self._profile.jitter_ms) / 1000
            await asyncio.sleep(due_s + jitter_s - loop.time())
            self.trace.late_ms.append((loop.time() - due_s - jitter_s) * 1000)
            self.trace.spoken_bytes += len(piece)
            session.send_audio(piece)
        session.end()

    async def _drop_connections(self, session: Session) -> None:
        if self._profile.drop_every_s is None:
            return
        while True:
            await self._connected.wait()
            await asyncio.sleep(self._chance.expovariate(1 / self._profile.drop_every_s))
            if self._connected.is_set():
                self._connected.clear()
                self._lost_ms = self._now_ms()
                session.drop_connection(self._chance.uniform(*_AWAY_S))

    def received(self, item: Received) -> None:
        self.trace.received.append(item)
        match item.message:
            case Started(next_frame=next_frame):
                self._unacked.clear()
                self._sent_bytes = next_frame * FRAME_BYTES
                self._connected.set()
            case Ack(frames=frames):
                self._acknowledged(frames, item.at_ms)
            case Summary():
                self._end_gap(item.at_ms, acked=False)

    def sent(self, item: Outgoing) -> None:
        if isinstance(item, bytes):
            self._sent_bytes += len(item)
            self._unacked.append((-(-self._sent_bytes // FRAME_BYTES), self._now_ms()))

    def reconnecting(self, event: Reconnecting) -> None:
        self._connected.clear()
        if not event.was_established:
            self.trace.rejected_attempts[event.code] += 1
        elif self._lost_ms is None:
            self._lost_ms = self._now_ms()

    def _acknowledged(self, frames: int, at_ms: float) -> None:
        self.trace.frames_acked = max(self.trace.frames_acked, frames)
        while self._unacked and self._unacked[0][0] <= frames:
            self.trace.ack_delays_ms.append(at_ms - self._unacked.popleft()[1])
        self._end_gap(at_ms)

    def _end_gap(self, at_ms: float | None, *, acked: bool = True) -> None:
        if self._lost_ms is not None:
            self.trace.gaps.append(ConnectionGap(self._lost_ms, at_ms, acked))
            self._lost_ms = None

    def _now_ms(self) -> float:
        return self._clock.monotonic_ms()
