"""One of two transcribers is killed again and again: what do the speakers of the other notice?"""

import asyncio
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from infra.kafka.settings import KafkaSettings
from tests.support.soak_results import keep, new_seed
from tests.support.speech import joined
from tests.support.stage_process import processes
from tests.support.transcribe_log import frames_of
from tests.support.transcriber_trial import ended_whole, session_on, speak
from tests.support.transcribers import Client, Transcriber

KILLS = 8
QUIET_S = 8.0
SCHEDULE_S = 1.0
"""A client is told at least so often how far its audio was heard."""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(400)]


def partitions_of(transcriber: Transcriber) -> list[int]:
    """Those the group gave it last, as its log says."""
    lines = (json.loads(line) for line in transcriber.log.read_text(encoding="utf-8").splitlines())
    mine: list[int] = [line["mine"] for line in lines if line["event"] == "partitions"][-1]
    return mine


def longest_gap_s(client: Client, names: Sequence[str], from_s: float, until_s: float) -> float:
    """Longest time, beyond the schedule, without a reply to one of these sessions: what one edge would see."""
    every = [[at_s for at_s, reply in client.replies if reply.session_id == name] for name in names]
    inside = [[from_s, *(at_s for at_s in each if from_s < at_s < until_s), until_s] for each in every]
    gap_s = max(after_s - before_s for each in inside for before_s, after_s in pairwise(each))
    return round(max(gap_s - SCHEDULE_S, 0.0), 2)


@pytest.mark.parametrize("named", [True, False], ids=["TRANSCRIBE_INSTANCE", "no instance"])
async def test_speakers_of_another_transcriber_notice_nothing(
    kafka: KafkaSettings, tmp_path: Path, named: bool
) -> None:
    seed = new_seed()
    chance = Random(seed)
    killed, other = (
        Transcriber(kafka, tmp_path / f"{name}.log", instance=name if named else "") for name in ("killed", "other")
    )
    pcm = joined(*(f"sentence_{number}" for number in range(1, 7))).pcm * 5
    names = [session_on(kafka, partition) for partition in range(kafka.session_partitions)]
    loop = asyncio.get_running_loop()
    async with Client(kafka) as client, processes(killed, other):

        async def look_on() -> None:
            while True:
                await client.look()

        looking = asyncio.create_task(look_on())
        speaking = asyncio.gather(*(speak(kafka, name, frames_of(pcm)) for name in names))
        await asyncio.sleep(10.0)
        neighbours = [names[partition] for partition in partitions_of(other)]
        begun_s = loop.time()
        await asyncio.sleep(QUIET_S)
        killed_s = loop.time()
        for _ in range(KILLS):
            await killed.kill()
            await killed.start(wait=False)
            await asyncio.sleep(QUIET_S + chance.random())
        ended_s = loop.time()
        await speaking
        looking.cancel()
        for name in names:
            await ended_whole(kafka, client, name, pcm, within_s=60)
    theirs = [name for name in names if name not in neighbours]
    gap_s = longest_gap_s(client, neighbours, killed_s, ended_s)
    keep(
        "transcriber_neighbours" if named else "transcriber_neighbours_no_instance",
        seed=seed,
        kills=KILLS,
        gap="longest time without a reply to a speaker, beyond the second in which one is due",
        neighbours_before_s=longest_gap_s(client, neighbours, begun_s, killed_s),
        neighbours_while_other_is_killed_s=gap_s,
        speakers_of_the_killed_s=longest_gap_s(client, theirs, killed_s, ended_s),
    )
    assert len(neighbours) == len(theirs)
    assert gap_s <= 1.0 or not named
