"""Speakers come until the door is shut: those who are in must not suffer for it."""

import asyncio
import ssl
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.audio.speech import joined
from tests.support.clients.protocol_client import Refused, Transcript, speak
from tests.support.processes.stack import Stack, stack_running

SPEECH = joined("answers_1", "answers_2")
P95_S = 5.0
EVERY_S = 1.0
MORE_REFUSALS = 8
"""After the first one the test goes on until so many were refused: the door must stay what it is."""
CROWD = 96
"""More than a few cores can hear."""
AT_ONCE = 20

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """With the encoder's full input, as published models need it, some two dozen speakers are all that two cores can
    hear in time."""
    with stack_running(tmp_path / "stack", TRANSCRIBE_ENCODER_FRAMES="3000") as running:
        yield running


@dataclass
class Speakers:
    """`errors`: those of everybody who was refused, as often as they were."""

    url: str
    tls: ssl.SSLContext
    tokens: list[str]
    heard: list[Transcript]
    errors: list[dict[str, Any]]

    async def come(self, number: int, *, again: bool) -> None:
        """One speaker; if refused, they go away, or come again when the server says."""
        while True:
            try:
                self.heard.append(await speak(self.url, self.tokens[number], SPEECH.pcm, tls=self.tls, questions=0))
            except Refused as refused:
                self.errors.append(refused.error)
                if not again:
                    return
                await asyncio.sleep(refused.error["retry_after_ms"] / 1000)
            else:
                return


def speakers(stack: Stack, number: int) -> Speakers:
    tokens = [stack.token(f"speaker-{each}") for each in range(number)]
    return Speakers(stack.url, stack.tls(), tokens, [], [])


@asynccontextmanager
async def lag_watched(stack: Stack) -> AsyncIterator[None]:
    """Prints, at the end, the lag by which the edge judged, second by second."""
    port = stack.processes()["edge"].health_port
    lags_s: list[str] = []

    async def watch() -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                metrics = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
                lags_s.extend(f"{float(line.split()[1]):.1f}" for line in metrics.splitlines() if _is_lag(line))
                await asyncio.sleep(1.0)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        print("lag, each second:", *lags_s)  # noqa: T201 - the run's story


def _is_lag(line: str) -> bool:
    return line.startswith("rostrum_edge_transcription_lag_seconds ")


def check(coming: Speakers) -> None:
    """Everybody who spoke was heard to the end, and in time."""
    delays_s = sorted(delay_s for heard in coming.heard for delay_s in heard.word_delays_s())
    each_s = sorted(_p95(sorted(heard.word_delays_s())) for heard in coming.heard)
    spread = f"median {statistics.median(delays_s):.2f} s, p95 {_p95(delays_s):.2f} s"
    of_each = f"p95 of single speakers {each_s[0]:.2f} to {each_s[-1]:.2f} s"
    refused = len(coming.errors)
    print(f"{len(coming.heard)} spoke, {refused} refusals; to final: {spread}; {of_each}")  # noqa: T201 - the run's result
    assert {error["code"] for error in coming.errors} == {"overloaded"}
    assert all(error["fatal"] and error["retry_after_ms"] > 0 for error in coming.errors)
    assert [heard.close_code for heard in coming.heard] == [1000] * len(coming.heard)
    assert _p95(delays_s) < P95_S


def _p95(ordered: list[float]) -> float:
    return ordered[int(0.95 * len(ordered))]


async def test_sessions_are_admitted_until_the_transcriber_is_overloaded(stack: Stack) -> None:
    coming = speakers(stack, CROWD)
    async with asyncio.timeout(400), lag_watched(stack), asyncio.TaskGroup() as tasks:
        for number in range(CROWD):
            tasks.create_task(coming.come(number, again=False))
            await asyncio.sleep(EVERY_S)
            if len(coming.errors) > MORE_REFUSALS:
                break
    assert len(coming.heard) >= 4
    assert len(coming.errors) > MORE_REFUSALS
    check(coming)


async def test_refused_speakers_retry_until_all_have_spoken(stack: Stack) -> None:
    coming = speakers(stack, AT_ONCE)
    began_s = time.monotonic()
    async with asyncio.timeout(500), lag_watched(stack), asyncio.TaskGroup() as tasks:
        for number in range(AT_ONCE):
            tasks.create_task(coming.come(number, again=True))
    print(f"all {AT_ONCE} had spoken after {time.monotonic() - began_s:.0f} s")  # noqa: T201 - the run's result
    assert len(coming.heard) == AT_ONCE
    check(coming)
