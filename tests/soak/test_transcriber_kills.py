"""A transcriber is killed many times during sessions, and restarted each time."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from bench.speech_streams import mixed
from client.accuracy import word_error_rate
from infra.kafka.settings import KafkaSettings
from schemas.wire import FinalMessage, Partial
from tests.support.processes.stage_process import processes
from tests.support.soak.results import keep, new_seed, quantile, spread
from tests.support.transcribe.processes import BY_DEFAULT, Client, Transcriber
from tests.support.transcribe.scenario import (
    ended_whole,
    repeated_passages,
    sentences_until,
    speak,
    text_of,
    undisturbed,
)
from tests.support.transcribe.session_records import frames_of

KILLS = 100
SPEAKERS = 6
SPOKEN_S = 120.0

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


async def kill_at_work(client: Client, transcriber: Transcriber, chance: Random) -> list[tuple[float, float]]:
    """Kill a little after new words came, again and again; gives the seconds from each kill to the next words, and to
    the next final that was not there before."""
    recoveries: list[tuple[float, float]] = []
    loop = asyncio.get_running_loop()
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.0, 1.2))
        killed_s = loop.time()
        await transcriber.crash()
        await client.catch_up()  # With what was still said before the kill.
        known = len(client.replies)
        last = max((said.number for said in client.finals("s-killed")), default=0)
        words_s = final_s = 0.0
        while not final_s:
            await client.look()
            since = [(at_s, reply.message) for at_s, reply in client.replies[known:]]
            words_s = next((at_s for at_s, said in since if isinstance(said, FinalMessage | Partial)), 0.0)
            final_s = next((at_s for at_s, said in since if isinstance(said, FinalMessage) and said.number > last), 0.0)
        recoveries.append((words_s - killed_s, final_s - killed_s))
    return recoveries


async def test_a_hundred_kills_during_a_session(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed, stopped = new_seed(), asyncio.Event()
    transcriber = Transcriber(kafka, tmp_path / "transcribe.log", instance="0")
    async with Client(kafka) as client, processes(transcriber):
        speaking = asyncio.create_task(speak(kafka, "s-killed", sentences_until(stopped)))
        recoveries = await kill_at_work(client, transcriber, Random(seed))
        stopped.set()
        pcm = await speaking
        finals = await ended_whole(kafka, client, "s-killed", pcm)
        expected = await undisturbed(kafka, client, pcm, within_s=300)
    to_words, to_final = zip(*recoveries, strict=True)
    keep(
        "transcriber_kills",
        seed=seed,
        kills=KILLS,
        audio_s=len(pcm) // 32_000,
        finals=len(finals),
        same_as_undisturbed=finals == expected,
        kill_to_words_s=spread(to_words),
        kill_to_new_final_s=spread(to_final),
    )
    assert finals == expected
    assert quantile(to_final, 0.95) <= 5.0


async def kill_until(stopped: asyncio.Event, transcriber: Transcriber, chance: Random) -> int:
    kills = 0
    while not stopped.is_set():
        await asyncio.sleep(chance.uniform(3.0, 7.0))
        await transcriber.crash()
        kills += 1
    return kills


async def test_kills_with_load_dependent_windows_lose_nothing(kafka: KafkaSettings, tmp_path: Path) -> None:
    """As the settings are by default: the words may differ, but there are no more errors, and nothing is said twice."""
    seed, stopped = new_seed(), asyncio.Event()
    spoken = [mixed(number, SPOKEN_S) for number in range(SPEAKERS)]
    said = [" ".join(word.text for word in each.words) for each in spoken]
    transcriber = Transcriber(kafka, tmp_path / "transcribe.log", instance="0", **BY_DEFAULT)

    async def heard(name: str) -> list[str]:
        names = [f"s-{name}-{number}" for number in range(SPEAKERS)]
        await asyncio.gather(
            *(speak(kafka, each, frames_of(what.pcm)) for each, what in zip(names, spoken, strict=True))
        )
        stopped.set()
        return [
            text_of(await ended_whole(kafka, client, each, what.pcm, within_s=60))
            for each, what in zip(names, spoken, strict=True)
        ]

    async with Client(kafka) as client, processes(transcriber):
        plain = await heard("plain")
        stopped.clear()
        killing = asyncio.create_task(kill_until(stopped, transcriber, Random(seed)))
        killed = await heard("killed")
        kills = await killing
    repeated = [repeated_passages(*each) for each in zip(killed, said, plain, strict=True)]
    rates = {"undisturbed": word_error_rate(said, plain), "killed": word_error_rate(said, killed)}
    keep(
        "transcriber_kills_coalescing",
        seed=seed,
        kills=kills,
        speakers=SPEAKERS,
        audio_s=round(sum(each.seconds for each in spoken)),
        words=sum(len(each.words) for each in spoken),
        word_error_rate={name: round(rate, 4) for name, rate in rates.items()},
        same_text=sum(one == other for one, other in zip(plain, killed, strict=True)),
        repeated_passages=repeated,
    )
    assert not any(repeated)
    assert rates["killed"] <= rates["undisturbed"] + 0.005
