"""Transcriber processes are killed at random while somebody speaks: nothing is lost, and nothing is said twice.

With fixed windows, greedy decoding and no fallback the words are those of an undisturbed run."""

import asyncio
import secrets
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from schemas.transcripts import Final
from schemas.wire import FinalMessage, Partial, Summary
from tests.support.speech import joined
from tests.support.stage_process import processes
from tests.support.transcribe_log import SessionWriter, frames_of
from tests.support.transcribers import Client, Transcriber, stored

PACE_S = 0.25


async def speak(kafka: KafkaSettings, pcm: bytes) -> None:
    async with make_producer(kafka) as producer:
        writer = SessionWriter(producer, kafka, "s-killed")
        await writer.start()
        for frame in frames_of(pcm):
            await writer.audio(frame)
            await asyncio.sleep(PACE_S)
        await writer.end()


async def kill_at_once(transcriber: Transcriber, kills: int, chance: Random) -> None:
    """Kill at any moment: while the process starts, takes over, works, or just after."""
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        await transcriber.kill()
        await transcriber.start(wait=False)


async def kill_at_work(client: Client, transcriber: Transcriber, kills: int, chance: Random) -> list[float]:
    """Kill only once words have come again; gives the seconds that took, each time."""
    recoveries: list[float] = []
    loop = asyncio.get_running_loop()
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.0, 1.2))
        await transcriber.kill()
        killed_s = loop.time()
        await transcriber.start(wait=False)
        known = -1
        while known < len(client.replies):  # What was still said before the kill.
            known = len(client.replies)
            await client.look()
        while not any(isinstance(reply.message, FinalMessage | Partial) for _, reply in client.replies[known:]):
            await client.look()
        recoveries.append(loop.time() - killed_s)
    return recoveries


async def undisturbed(kafka: KafkaSettings, client: Client, pcm: bytes) -> list[Final]:
    async with make_producer(kafka) as producer:
        writer = SessionWriter(producer, kafka, "s-plain")
        await writer.start()
        await writer.audio(pcm)
        await writer.end()
    await client.until("s-plain", Summary, within_s=60)
    finals, _ = await stored(kafka, "s-plain")
    return finals


def check(finals: list[Final], client: Client) -> None:
    """Numbers without gaps, none twice, times that never overlap, and the client got just this."""
    assert [final.number for final in finals] == list(range(1, len(finals) + 1))
    words = [word for final in finals for word in final.words]
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(words))
    told = [said for said in client.messages("s-killed") if isinstance(said, FinalMessage)]
    by_number = {said.number: said.text for said in told}
    assert by_number == {final.number: final.text for final in finals}
    assert all(by_number[said.number] == said.text for said in told), "said again, and differently"


async def judge(kafka: KafkaSettings, client: Client, expected: list[Final]) -> None:
    await client.until("s-killed", Summary, within_s=20)
    finals, transcribed = await stored(kafka, "s-killed")
    check(finals, client)
    assert finals == expected
    assert len(transcribed) == 1


async def test_five_kills_while_somebody_speaks(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it if the test fails
    pcm = joined("sentence_1", "sentence_2", "sentence_3").pcm
    transcriber = Transcriber(kafka, tmp_path / "transcribe.log", instance="0")
    async with Client(kafka) as client, processes(transcriber):
        expected = await undisturbed(kafka, client, pcm)
        await asyncio.gather(speak(kafka, pcm), kill_at_once(transcriber, 5, Random(seed)))
        await judge(kafka, client, expected)


@pytest.mark.soak
async def test_a_hundred_kills_while_somebody_speaks(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - as above
    pcm = joined(*(f"sentence_{number}" for number in range(1, 7))).pcm * 20
    transcriber = Transcriber(kafka, tmp_path / "transcribe.log", instance="0")
    async with Client(kafka) as client, processes(transcriber):
        expected = await undisturbed(kafka, client, pcm)
        speaking = asyncio.create_task(speak(kafka, pcm))
        recoveries = sorted(await kill_at_work(client, transcriber, 100, Random(seed)))
        print("seconds from a kill to words: median", recoveries[50], "p95", recoveries[94])  # noqa: T201 - as above
        await speaking
        await judge(kafka, client, expected)
    assert recoveries[94] <= 5.0
