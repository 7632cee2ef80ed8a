"""Transcriber processes are killed at random during a session: nothing is lost, and nothing is published twice.

With fixed windows, greedy decoding and no fallback the words are those of an undisturbed run."""

import asyncio
import secrets
from pathlib import Path
from random import Random

from infra.kafka.settings import KafkaSettings
from tests.support.audio.speech import joined
from tests.support.processes.stage_process import processes
from tests.support.transcribe.processes import Client, Transcriber
from tests.support.transcribe.scenario import ended_whole, speak, undisturbed
from tests.support.transcribe.session_records import frames_of


async def kill_at_once(transcriber: Transcriber, kills: int, chance: Random) -> None:
    """Kill at any moment: while the process starts, takes over, works, or just after."""
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        await transcriber.crash()


async def test_five_kills_during_a_session(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it if the test fails
    pcm = joined("sentence_1", "sentence_2", "sentence_3").pcm
    transcriber = Transcriber(kafka, tmp_path / "transcribe.log", instance="0")
    async with Client(kafka) as client, processes(transcriber):
        expected = await undisturbed(kafka, client, pcm)
        await asyncio.gather(speak(kafka, "s-killed", frames_of(pcm)), kill_at_once(transcriber, 5, Random(seed)))
        assert await ended_whole(kafka, client, "s-killed", pcm) == expected
