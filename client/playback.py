"""Recordings, streamed as if they were being spoken into a microphone."""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from client.beside import beside
from client.connection import Received
from client.errors import SessionClosed
from client.observer import SessionObserver
from client.outcome import Outcome, OutcomeRecorder
from client.reconnect import Reconnecting, ReconnectPolicy
from client.recording import Recording
from client.resend_buffer import Outgoing
from client.session import Session, Token, connect
from infra.clock import Clock
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.wire import Start, Summary

REPORT_WAIT_S = 300.0
"""How long after the end the summary and the report may take; a large model on a small machine is slow."""


class ReportTimeout(Unavailable):
    """The session was ended, and then the server sent no report."""


@dataclass(frozen=True)
class PlaybackStep:
    """One binary message of a playback."""

    until_sample: int
    """It is sent when this sample, counted from the session's first, has been spoken: its own last one."""
    pcm: bytes
    answers: int | None = None
    """The question answered from here on, on the first message of an answer."""
    begins: Recording | None = None
    """The recording, on its first message."""


def steps(recording: Recording, from_sample: int, question: int | None) -> Iterator[PlaybackStep]:
    """A recording in messages of one frame each; its last may be shorter."""
    for offset in range(0, len(recording.pcm), FRAME_BYTES):
        pcm = recording.pcm[offset : offset + FRAME_BYTES]
        until = from_sample + (offset + len(pcm)) // SAMPLE_BYTES
        yield PlaybackStep(until, pcm) if offset else PlaybackStep(until, pcm, question, recording)


def answered(position: int, questions: int) -> int | None:
    """The question that the recording at this position (from 0) answers. If there are more recordings than questions,
    the rest continue the last answer."""
    return min(position + 1, questions) or None


def script(recordings: Sequence[Recording], questions: int) -> tuple[PlaybackStep, ...]:
    """All recordings, one after the other."""
    found: list[PlaybackStep] = []
    for position, recording in enumerate(recordings):
        from_sample = found[-1].until_sample if found else 0
        found += steps(recording, from_sample, answered(position, questions))
    return tuple(found)


class Playback:
    """Recordings to be streamed in one session, each as the answer to the next question."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        start: Start | None = None,
        speed: float = 1.0,
        report_wait_s: float = REPORT_WAIT_S,
    ) -> None:
        self._start = start or Start()
        self._script = script(recordings, self._start.questions)
        self._speed = speed
        self._report_wait_s = report_wait_s

    async def run(
        self,
        url: str,
        *,
        token: Token,
        tls: ssl.SSLContext | None = None,
        reconnect: ReconnectPolicy | None = None,
        observer: SessionObserver | None = None,
        clock: Clock | None = None,
    ) -> Outcome:
        """Stream them, from the start to the report; at `speed` 1.0 in real time. If the session was closed early, the
        outcome has faults. Raises SessionRefused, Unavailable, and ReportTimeout if nothing comes after the end."""
        recorder = OutcomeRecorder()
        watching = _Both(recorder, observer or SessionObserver())
        async with connect(
            url, token=token, start=self._start, tls=tls, reconnect=reconnect, observer=watching, clock=clock
        ) as session:
            failure = ""
            try:
                await self._to_the_report(session, watching)
            except SessionClosed as error:
                failure = str(error)
            return recorder.outcome(session, speed=self._speed, failure=failure)

    async def _to_the_report(self, session: Session, observer: SessionObserver) -> None:
        try:
            async with (
                asyncio.timeout(None) as deadline,
                beside(self._play(session, observer, deadline)) as (playing,),
            ):
                async for message in session:
                    if isinstance(message, Summary):
                        playing.cancel()  # The session is over, even if the recordings are not.
                        self._await_report(deadline)
        except TimeoutError as error:
            raise ReportTimeout(
                f"The server sent no report within {self._report_wait_s:.0f} s of the end.",
                "See `rostrum ps` and the logs; the report may still come, and is then at the HTTP API.",
            ) from error

    async def _play(self, session: Session, observer: SessionObserver, deadline: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for step in self._script:
            if step.begins is not None:
                observer.playing(step.begins, step.answers)
            if step.answers is not None:
                session.begin_answer(step.answers)
            # Measured from the first sample, not from the message before, so that lateness does not add up.
            await asyncio.sleep(began_s + step.until_sample / SAMPLE_RATE / self._speed - loop.time())
            await session.drain()
            session.send_audio(step.pcm)
        session.end()
        self._await_report(deadline)

    def _await_report(self, deadline: asyncio.Timeout) -> None:
        if deadline.when() is None:
            deadline.reschedule(asyncio.get_running_loop().time() + self._report_wait_s)


class _Both(SessionObserver):
    """Tells two observers."""

    def __init__(self, first: SessionObserver, second: SessionObserver) -> None:
        self._observers = (first, second)

    def received(self, item: Received) -> None:
        for observer in self._observers:
            observer.received(item)

    def sent(self, item: Outgoing) -> None:
        for observer in self._observers:
            observer.sent(item)

    def reconnecting(self, event: Reconnecting) -> None:
        for observer in self._observers:
            observer.reconnecting(event)

    def playing(self, recording: Recording, question: int | None) -> None:
        for observer in self._observers:
            observer.playing(recording, question)
