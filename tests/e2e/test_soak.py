"""Many sessions while stages are killed at random: every one of them ends whole."""

import asyncio
import os
import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.accuracy import word_error_rate
from tests.support.protocol_client import Transcript, speak
from tests.support.speech import Speech, joined
from tests.support.stack import Stack, stack_running, wait_for

SESSIONS = 20
AT_ONCE = 4
KILLED = ("questions", "analyze", "analytics", "transcribe", "kafka")
"""Not the edge: a client of a killed edge has to resume, which is not there yet."""
KILL_EVERY_S = (4.0, 12.0)
PARTS = ("sentence_1", "sentence_2", "sentence_3", "sentence_4", "sentence_5", "sentence_6", "unseen_voice")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with stack_running(tmp_path / "stack", SESSION_GRACE_S="10") as running:
        yield running


async def kill_at_random(stack: Stack, dice: random.Random) -> None:
    while True:
        await asyncio.sleep(dice.uniform(*KILL_EVERY_S))
        name = dice.choice(KILLED)
        if stack.processes()[name].mark is not None:
            print(f"killing {name}")  # noqa: T201 - the run's story
            stack.kill(name)


async def test_every_session_ends_whole(stack: Stack) -> None:
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbits(32))
    print(f"seed {seed}")  # noqa: T201 - SOAK_SEED repeats the same choices
    dice = random.Random(seed)
    speeches = [joined(*dice.sample(PARTS, 3)) for _ in range(SESSIONS)]
    tokens = [stack.token(f"soak-{number}") for number in range(SESSIONS)]
    tls = stack.tls()
    turn = asyncio.Semaphore(AT_ONCE)

    async def session(token: str, speech: Speech) -> Transcript:
        async with turn:
            return await speak(stack.url, token, speech.pcm, tls=tls, competition="soak")

    killing = asyncio.create_task(kill_at_random(stack, dice))
    sessions = await asyncio.gather(*map(session, tokens, speeches))
    killing.cancel()

    for heard in sessions:
        assert heard.close_code == 1000
        assert heard.acked == heard.frames_sent
        assert [final["number"] for final in heard.of("final")] == list(range(1, len(heard.of("final")) + 1))
        assert heard.of("report")[0]["report"]
    rate = word_error_rate([speech.text for speech in speeches], [heard.text for heard in sessions])
    print(f"word error rate over all: {rate:.3f}")  # noqa: T201 - the run's result
    assert rate <= 0.15
    wait_for("all is ready again", stack.ready, 60)
    said = {f"soak-{number}": heard.of("summary")[0]["words"] for number, heard in enumerate(sessions)}
    wait_for("the leaderboard tells all words", lambda: stack.leaderboard("soak", tokens[0]) == said, 30)
