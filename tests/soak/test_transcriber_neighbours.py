"""One of two transcribers is killed again and again while clients stream to an edge: what do the clients of the other
one notice?"""

import asyncio
import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from infra.kafka.settings import KafkaSettings
from tests.support.audio.speech import SENTENCES, joined
from tests.support.clients.resuming_client import ResumingClient
from tests.support.edge.fake_analyze import reporting
from tests.support.edge.processes import Edge
from tests.support.processes.stage_process import processes
from tests.support.soak.results import keep, new_seed, spread
from tests.support.transcribe.processes import Transcriber
from tests.support.transcribe.scenario import partition_of
from tests.support.transcribe.session_log import check_complete

SPEAKERS = 8
KILLS = 8
SETTLED_S = 9.0
"""From one kill to the next, at least: a group that must notice by itself takes 6 s."""
NAMED_S, NAMELESS_S = 1.0, 7.0
"""Longer than undisturbed. Without a name, the group stands still until it gives up the dead member and rebalances."""
SPEECH = joined(*SENTENCES, pause_s=0)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(400)]


def partitions_of(transcriber: Transcriber) -> list[int]:
    """Those the group gave it last, as its log says."""
    lines = (json.loads(line) for line in transcriber.log.read_text(encoding="utf-8").splitlines())
    assigned: list[int] = [line["partitions"] for line in lines if line["event"] == "partitions assigned"][-1]
    return assigned


def longest_gap_s(speakers: Iterable[ResumingClient], from_s: float, until_s: float) -> float:
    """The longest time for which one of these clients, which stream all the time, got no words."""
    gaps_s = [0.0]
    for speaker in speakers:
        messages = [each for connection in speaker.connections for each in connection.messages]
        seen_s = [at_s for at_s, message in messages if message["type"] in ("partial", "final")]
        inside_s = [from_s, *(at_s for at_s in seen_s if from_s < at_s < until_s), until_s]
        gaps_s += [later_s - earlier_s for earlier_s, later_s in pairwise(inside_s)]
    return max(gaps_s)


@pytest.mark.parametrize("named", [True, False], ids=["TRANSCRIBE_GROUP_INSTANCE_ID", "no instance"])
async def test_clients_of_another_transcriber_are_not_interrupted(
    kafka: KafkaSettings, tmp_path: Path, named: bool
) -> None:
    seed = new_seed()
    chance = Random(seed)
    killed, other = (
        Transcriber(kafka, tmp_path / f"{name}.log", instance=name if named else "") for name in ("killed", "other")
    )
    edge = Edge(kafka, tmp_path, 0, EDGE_ADMISSION_MAX_LAG_S="0")
    pcm = SPEECH.pcm * 8
    speakers = [ResumingClient([edge.url], edge.address.token(f"speaker-{n}"), pcm) for n in range(SPEAKERS)]
    loop = asyncio.get_running_loop()
    neighbours_s: list[float] = []
    others_s: list[float] = []
    async with reporting(kafka), processes(killed, other, edge):
        speaking = [asyncio.create_task(each.speak(within_s=300)) for each in speakers]
        await asyncio.gather(*(each.begun(frames=20) for each in speakers))
        begun_s = loop.time()
        await asyncio.sleep(SPEECH.seconds)
        undisturbed_s = longest_gap_s(speakers, begun_s, loop.time())
        for _ in range(KILLS):
            mine = partitions_of(other)
            neighbours = [each for each in speakers if partition_of(kafka, each.session_id) in mine]
            killed_s = loop.time()
            await killed.crash()
            await asyncio.sleep(SETTLED_S + chance.random())
            neighbours_s.append(longest_gap_s(neighbours, killed_s, loop.time()))
            others_s.append(longest_gap_s(set(speakers) - set(neighbours), killed_s, loop.time()))
        for speaker in speakers:
            speaker.stop_speaking()
        await asyncio.gather(*speaking)
        for speaker in speakers:
            await check_complete(kafka, speaker, speaker.pcm)
    keep(
        "transcriber_neighbours" if named else "transcriber_neighbours_no_instance",
        seed=seed,
        speakers=SPEAKERS,
        kills=KILLS,
        gap="longest time for which a client, whose speaker never paused, was shown no words",
        undisturbed_s=round(undisturbed_s, 2),
        neighbours_after_each_kill_s=spread(neighbours_s),
        speakers_of_the_killed_after_each_kill_s=spread(others_s),
    )
    assert max(neighbours_s) <= undisturbed_s + (NAMED_S if named else NAMELESS_S)
