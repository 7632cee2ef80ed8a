"""Transcribers join, leave, die, are suspended and wake up at random, and the broker dies, during sessions: every
session ends with the words of an undisturbed run."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from infra.kafka.settings import KafkaSettings
from tests.support.audio.speech import SENTENCES, joined
from tests.support.kafka.own_node import own_kafka
from tests.support.processes.java_program import JavaProgram
from tests.support.soak.results import keep, new_seed
from tests.support.transcribe.processes import Client, Transcriber
from tests.support.transcribe.scenario import ended_whole, session_on_each, speak, text_of, undisturbed
from tests.support.transcribe.session_records import frames_of

ROUNDS = 6
MOST = 3
WITHIN_S = 180
WORKERS = (1, 2)
BATCH_WINDOWS = (1, 2, 8)
"""Each transcriber has its own, so that a session's windows are in ever different batches."""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


class Crew:
    """Transcribers without static membership, at least one of them."""

    def __init__(self, kafka: KafkaSettings, broker: JavaProgram, folder: Path, chance: Random) -> None:
        self.done = Counter[str]()
        self._kafka = kafka
        self._broker = broker
        self._folder = folder
        self._chance = chance
        self._crew: list[Transcriber] = []
        self._stopped = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Crew":
        await self.join()
        self._working = asyncio.create_task(self._work())
        return self

    async def rest(self) -> None:
        """Returns once nothing happens any more."""
        self._stopped.set()
        if self._working is not None:
            await self._working

    async def __aexit__(self, *_: object) -> None:
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait([self._working])
        await asyncio.gather(*(member.stop() for member in self._crew))

    async def join(self) -> None:
        log = self._folder / f"{sum(self.done.values())}.log"
        workers, windows = self._chance.choice(WORKERS), self._chance.choice(BATCH_WINDOWS)
        member = Transcriber(self._kafka, log, TRANSCRIBE_WORKERS=str(workers), TRANSCRIBE_MAX_BATCH_SIZE=str(windows))
        self._crew.append(member)
        await member.start(wait=False)

    async def leave(self) -> None:
        await self._one_less().stop()

    async def die(self) -> None:
        await self._one_less().kill()

    def _one_less(self) -> Transcriber:
        return self._crew.pop(self._chance.randrange(len(self._crew)))

    async def sleep(self) -> None:
        """Suspend one, mostly for longer than the group waits."""
        member = self._chance.choice(self._crew)
        if member.is_running:
            member.signal(signal.SIGSTOP)
            await asyncio.sleep(self._chance.uniform(4.0, 12.0))
            member.signal(signal.SIGCONT)

    async def outage(self) -> None:
        self._broker.kill()
        await asyncio.sleep(self._chance.uniform(0.5, 3.0))
        await asyncio.to_thread(self._broker.start)

    async def _work(self) -> None:
        """Those that end by themselves are restarted, as a supervisor would."""
        while not self._stopped.is_set():
            actions: list[Callable[[], Awaitable[None]]] = [self.sleep, self.outage]
            actions += [self.join] * 2 if len(self._crew) < MOST else []
            actions += [self.leave, self.die] if len(self._crew) > 1 else []
            action = self._chance.choice(actions)
            self.done[action.__name__] += 1
            await action()
            await asyncio.sleep(self._chance.uniform(0.0, 8.0))
            for member in self._crew:
                if not member.is_running:
                    self.done["ended by itself"] += 1
                    await member.start(wait=False)


async def test_rebalances_change_no_session(tmp_path: Path) -> None:
    seed = new_seed()
    chance = Random(seed)
    said: dict[str, bytes] = {}
    async with (
        own_kafka(tmp_path) as (kafka, broker),
        Crew(kafka, broker, tmp_path, chance) as crew,
        Client(kafka) as client,
    ):
        for number in range(ROUNDS):
            names = session_on_each(kafka, f"r{number}")
            said |= {name: joined(*chance.sample(SENTENCES, 6), pause_s=0.8).pcm for name in names}
            await asyncio.gather(*(speak(kafka, name, frames_of(said[name])) for name in names))
        await crew.rest()
        found = {name: await ended_whole(kafka, client, name, pcm, WITHIN_S) for name, pcm in said.items()}
        expected = {
            name: await undisturbed(kafka, client, pcm, f"{name}-plain", WITHIN_S) for name, pcm in said.items()
        }
    keep(
        "transcriber_rebalances",
        seed=seed,
        workers=WORKERS,
        batch_windows=BATCH_WINDOWS,
        deeds=dict(crew.done),
        sessions=len(said),
        audio_s=sum(map(len, said.values())) // 32_000,
        same_as_undisturbed=sum(found[name] == expected[name] for name in said),
        other_texts={
            name: [text_of(found[name]), text_of(expected[name])] for name in said if found[name] != expected[name]
        },
    )
    assert found == expected
