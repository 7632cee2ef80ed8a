"""Recordings, streamed as if they were being spoken."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from client.connection import Client, Received
from client.outcome import Outcome
from client.recording import Recording
from infra.clock import Clock
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.wire import Error, Start, Summary

REPORT_WAIT_S = 300.0
"""How long after `end` the summary and the report may take; a large model on a small machine is slow."""
# What has waited for a new connection goes out faster than it was spoken, but no faster than servers take it.
_CATCH_UP_SPEED = 8
_CATCH_UP_BURST_S = 20


class NoReport(Unavailable):
    """The session was spoken to its end, and then nothing came any more."""


@dataclass(frozen=True)
class Step:
    """A binary message, sent when its last sample has been spoken: `until_sample` counts from the session's first.
    `answers` is set on the first message of an answer, `begins` on that of a recording."""

    until_sample: int
    pcm: bytes
    answers: int | None = None
    begins: Recording | None = None


Announce = Callable[[Recording, int | None], None]
"""Told of each recording as it begins, and of the question that it answers."""


def steps(recording: Recording, from_sample: int, question: int | None) -> Iterator[Step]:
    """A recording in messages of one frame each; its last may be shorter."""
    for offset in range(0, len(recording.pcm), FRAME_BYTES):
        pcm = recording.pcm[offset : offset + FRAME_BYTES]
        until = from_sample + (offset + len(pcm)) // SAMPLE_BYTES
        yield Step(until, pcm) if offset else Step(until, pcm, question, recording)


def answered(position: int, questions: int) -> int | None:
    """The question that the recording at this position (from 0) answers. With more recordings than questions, the
    last question is answered at more length."""
    return min(position + 1, questions) or None


def whole(recordings: Sequence[Recording], questions: int) -> tuple[Step, ...]:
    """All recordings, one after the other."""
    found: list[Step] = []
    for position, recording in enumerate(recordings):
        from_sample = found[-1].until_sample if found else 0
        found += steps(recording, from_sample, answered(position, questions))
    return tuple(found)


def rest(script: Sequence[Step], from_sample: int) -> Iterator[Step]:
    """What is to be sent again, and for the first time, if everything before this sample is held."""
    for step in script:
        missing = (step.until_sample - from_sample) * SAMPLE_BYTES
        if missing >= len(step.pcm):
            yield step
        elif missing > 0:
            # Its beginning is held, and so is that this was an answer's.
            yield replace(step, pcm=step.pcm[-missing:], answers=None, begins=None)


class Performance:
    """One session, over one connection after the other. `begun`: the server knows of it, so it can be gone on with."""

    def __init__(
        self,
        start: Start,
        recordings: Sequence[Recording],
        clock: Clock,
        *,
        announce: Announce,
        speed: float = 1.0,
        wait_s: float = REPORT_WAIT_S,
    ) -> None:
        self._start = start
        self._script = whole(recordings, start.questions)
        self._clock = clock
        self._announce = announce
        self._speed = speed
        self._wait_s = wait_s
        self._resume_token: str | None = None
        self._began_s = 0.0
        self._announced_until = 0
        self._outcome = Outcome("", 0, self._script[-1].until_sample, speed, (), None, "")

    @property
    def begun(self) -> bool:
        return self._resume_token is not None

    @property
    def outcome(self) -> Outcome:
        return self._outcome

    async def perform(self, client: Client) -> Outcome:
        """Begin over this authenticated connection, or go on where the one before was lost, until the server closes.
        Raises Refused if it will not have the session, NoReport if it falls silent after the end."""
        started = await client.start(self._opening())
        if not self.begun:
            self._began_s = asyncio.get_running_loop().time()
            self._outcome = replace(
                self._outcome, session_id=started.session_id, began_at_ms=self._clock.monotonic_ms()
            )
        self._resume_token = started.resume_token
        # What the connection before ended with is mended.
        mended = (item for item in self._outcome.received if not _is_fatal(item))
        self._outcome = replace(self._outcome, received=tuple(mended))
        try:
            async with asyncio.timeout(None) as deadline, asyncio.TaskGroup() as group:
                playing = group.create_task(self._play(client, started.next_frame * FRAME_SAMPLES, deadline))
                async for item in client:
                    self._outcome = replace(self._outcome, received=(*self._outcome.received, item))
                    if isinstance(item.message, Summary):
                        playing.cancel()  # The session is over, whoever ended it.
                        self._wait_for_the_report(deadline)
                playing.cancel()  # The server may close before the recording is over.
        except TimeoutError as error:
            raise NoReport(
                f"The server sent no report within {self._wait_s:.0f} s of the end.",
                "See `rostrum ps` and the logs; the report may still come and be had from the HTTP API.",
            ) from error
        finally:
            self._outcome = replace(self._outcome, close_code=client.close_code, close_reason=client.close_reason)
        return self._outcome

    def _opening(self) -> Start:
        if not self.begun:
            return self._start
        finals = [final.number for final in self._outcome.finals]
        return Start(
            resume=self._resume_token, from_frame=self._outcome.frames_acked, have_final=max(finals, default=0)
        )

    async def _play(self, client: Client, from_sample: int, deadline: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        connected_s = loop.time()
        for step in rest(self._script, from_sample):
            if step.begins is not None and step.until_sample > self._announced_until:
                self._announced_until = step.until_sample
                self._announce(step.begins, step.answers)
            if step.answers is not None:
                await client.begin_answer(step.answers)
            # Against the first sample's time, not the last message's: so lateness does not add up.
            spoken_s = self._began_s + step.until_sample / SAMPLE_RATE / self._speed
            here_s = (step.until_sample - from_sample) / SAMPLE_RATE
            taken_s = connected_s + (here_s - _CATCH_UP_BURST_S) / _CATCH_UP_SPEED
            await asyncio.sleep(max(spoken_s, taken_s) - loop.time())
            await client.send_audio(step.pcm)
        await client.end()
        self._wait_for_the_report(deadline)

    def _wait_for_the_report(self, deadline: asyncio.Timeout) -> None:
        if deadline.when() is None:
            deadline.reschedule(asyncio.get_running_loop().time() + self._wait_s)


def _is_fatal(item: Received) -> bool:
    return isinstance(item.message, Error) and item.message.fatal
