"""A transcriber kills itself in transaction after transaction during a session, at random before the commit or before
the replies."""

import asyncio
import signal
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from infra.kafka.settings import KafkaSettings
from tests.support.processes.stage_process import processes
from tests.support.soak.results import keep, new_seed
from tests.support.transcribe.crashing_transcriber import CrashPoint
from tests.support.transcribe.processes import Client, CrashingTranscriber, Transcriber
from tests.support.transcribe.scenario import ended_whole, sentences_until, speak, undisturbed

DEATHS = 30
MOST_TRANSACTIONS = 3
"""With finals in them, that one process lives to see."""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


async def test_crashes_during_transactions_lose_and_repeat_nothing(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed, stopped = new_seed(), asyncio.Event()
    chance = Random(seed)
    log = tmp_path / "transcribe.log"
    died: Counter[CrashPoint] = Counter()
    async with Client(kafka) as client:
        speaking = asyncio.create_task(speak(kafka, "s-killed", sentences_until(stopped)))
        while died.total() < DEATHS:
            point = chance.choice(list(CrashPoint))
            crashing = CrashingTranscriber(kafka, log, "0", point, chance.randint(1, MOST_TRANSACTIONS))
            await crashing.start(wait=False)
            try:
                assert await crashing.ended() == -signal.SIGKILL
            finally:
                await crashing.stop()
            died[point] += 1
        stopped.set()
        pcm = await speaking
        async with processes(Transcriber(kafka, log, "0")):
            finals = await ended_whole(kafka, client, "s-killed", pcm, within_s=180)
            expected = await undisturbed(kafka, client, pcm, within_s=300)
    keep(
        "transcriber_deaths",
        seed=seed,
        deaths=dict(died),
        audio_s=len(pcm) // 32_000,
        finals=len(finals),
        same_as_undisturbed=finals == expected,
    )
    assert finals == expected
