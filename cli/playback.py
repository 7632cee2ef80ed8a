"""Recordings, streamed as if they were being spoken."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cli.client import Client
from cli.outcome import Outcome
from cli.recording import Recording
from infra.clock import Clock
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.wire import Start

REPORT_WAIT_S = 300.0
"""How long after `end` the summary and the report may take; a large model on a small machine is slow."""


@dataclass(frozen=True)
class Step:
    """A binary message, sent when its last sample has been spoken: `until_sample` counts from the session's first.
    `answers` is set on the first message of an answer."""

    until_sample: int
    pcm: bytes
    answers: int | None


Announce = Callable[[Recording, int | None], None]
"""Told of each recording as it begins, and of the question that it answers."""


def steps(recording: Recording, from_sample: int, question: int | None) -> Iterator[Step]:
    """A recording in messages of one frame each; its last may be shorter."""
    for offset in range(0, len(recording.pcm), FRAME_BYTES):
        pcm = recording.pcm[offset : offset + FRAME_BYTES]
        until = from_sample + (offset + len(pcm)) // SAMPLE_BYTES
        yield Step(until, pcm, question if offset == 0 else None)


def answered(position: int, questions: int) -> int | None:
    """The question that the recording at this position (from 0) answers. With more recordings than questions, the
    last question is answered at more length."""
    return min(position + 1, questions) or None


async def perform(
    client: Client,
    start: Start,
    recordings: Sequence[Recording],
    clock: Clock,
    *,
    announce: Announce,
    speed: float = 1.0,
    wait_s: float = REPORT_WAIT_S,
) -> Outcome:
    """One whole session over an authenticated connection, until the server closes. Raises Refused if it does not
    begin, Unavailable if the server falls silent after the end."""
    started = await client.start(start)
    began_at_ms = clock.monotonic_ms()

    async def play() -> None:
        await _play(client, recordings, start.questions, speed, announce)
        deadline.reschedule(asyncio.get_running_loop().time() + wait_s)

    try:
        async with asyncio.timeout(None) as deadline, asyncio.TaskGroup() as group:
            playing = group.create_task(play())
            received = [item async for item in client]
            playing.cancel()  # the server may close before the recording is over
    except TimeoutError as error:
        raise Unavailable(
            f"The server sent no report within {wait_s:.0f} s of the end.",
            "See `rostrum ps` and the logs; the report may still come and be had from the HTTP API.",
        ) from error
    return Outcome(
        session_id=started.session_id,
        began_at_ms=began_at_ms,
        samples_sent=sum(recording.samples for recording in recordings),
        speed=speed,
        received=tuple(received),
        close_code=client.close_code,
        close_reason=client.close_reason,
    )


async def _play(
    client: Client, recordings: Sequence[Recording], questions: int, speed: float, announce: Announce
) -> None:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    sample = 0
    for position, recording in enumerate(recordings):
        question = answered(position, questions)
        announce(recording, question)
        for step in steps(recording, sample, question):
            if step.answers is not None:
                await client.begin_answer(step.answers)
            # Against the first sample's time, not the last message's: so lateness does not add up.
            await asyncio.sleep(began_s + step.until_sample / SAMPLE_RATE / speed - loop.time())
            await client.send_audio(step.pcm)
        sample += recording.samples
    await client.end()
