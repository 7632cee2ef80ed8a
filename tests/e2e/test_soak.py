"""Long runs: a recording of 40 s, and many sessions while stages are killed at random. Every session ends whole."""

import asyncio
import os
import random
import secrets
import statistics
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from client.accuracy import word_error_rate
from infra.kafka.settings import KafkaSettings
from tests.e2e import test_session
from tests.support.audio.speech import Speech, bundled, joined
from tests.support.clients.protocol_client import speak
from tests.support.clients.resuming_client import ResumingClient
from tests.support.processes.stack import Stack, stack_running
from tests.support.transcribe.session_log import check_complete
from tests.support.waiting import wait_until

SESSIONS = 30
AT_ONCE = 4
KILLED = ("edge", "questions", "analyze", "analytics", "transcribe", "kafka")
SESSION_S = 240.0
"""A session of about 12 s takes longer the more is killed, and no longer than this."""
QUIET_S = (5.0, 25.0)
"""Between the moment all is ready again and the next kill. A killed transcriber hears all unfinished sessions anew, at
a quarter of real time here: killed faster than that, it would get nowhere."""
PARTS = ("sentence_1", "sentence_2", "sentence_3", "sentence_4", "sentence_5", "sentence_6", "unseen_voice")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    # Sessions begin here while a killed stage comes back, when the door would be shut.
    with stack_running(tmp_path / "stack", SESSION_GRACE_S="30", EDGE_ADMISSION_MAX_LAG_S="0") as running:
        yield running


async def test_two_long_concurrent_sessions_are_complete(stack: Stack) -> None:
    speech = bundled("answers_3")
    tls = stack.tls()
    tokens = {user: stack.token(user) for user in ("ada", "ben")}

    sessions = await asyncio.gather(
        *(speak(stack.url, token, speech.pcm, tls=tls, competition="long") for token in tokens.values())
    )

    for heard in sessions:
        test_session.check_complete(heard, speech)
        median_s = statistics.median(heard.word_delays_s())
        print(f"median word-to-final delay: {median_s:.2f} s")  # noqa: T201 - the run's result
    said = {user: heard.of("summary")[0]["words"] for user, heard in zip(tokens, sessions, strict=True)}
    wait_until(lambda: stack.leaderboard("long", tokens["ada"]) == said, f"the leaderboard tells {said}")


async def kill_at_random(stack: Stack, dice: random.Random) -> None:
    """All of them in any order, and again in another."""
    names: list[str] = []
    while True:
        await asyncio.sleep(dice.uniform(*QUIET_S))
        names = names or dice.sample(KILLED, len(KILLED))
        name = names.pop()
        killed = stack.kill(name)
        again = partial(stack.ready_again, name, killed)
        ready_s = await asyncio.to_thread(wait_until, again, f"all is ready after {name} was killed")
        print(f"killed {name}, all ready after {ready_s:.1f} s")  # noqa: T201 - the run's story


async def test_every_session_is_complete_despite_random_kills(stack: Stack) -> None:
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbits(32))
    print(f"seed {seed}")  # noqa: T201 - SOAK_SEED repeats the same choices
    dice = random.Random(seed)
    speeches = [joined(*dice.sample(PARTS, 3)) for _ in range(SESSIONS)]
    tokens = [stack.token(f"soak-{number}") for number in range(SESSIONS)]
    tls = stack.tls()
    turn = asyncio.Semaphore(AT_ONCE)

    async def session(token: str, speech: Speech) -> ResumingClient:
        async with turn:
            client = ResumingClient([stack.url], token, speech.pcm, tls=tls, competition="soak")
            return await client.speak(SESSION_S)

    killing = asyncio.create_task(kill_at_random(stack, dice))
    sessions = await asyncio.gather(*map(session, tokens, speeches))
    killing.cancel()
    await asyncio.wait({killing})
    if not killing.cancelled():
        killing.result()

    kafka = KafkaSettings(port=int(stack.env["KAFKA_PORT"]), bootstrap="", prefix="")
    for heard, speech in zip(sessions, speeches, strict=True):
        await check_complete(kafka, heard, speech.pcm)
        assert heard.of("report")[-1]["report"]
    resumed = sum(len(heard.of("started")) - 1 for heard in sessions)
    assert resumed, "the edge was killed while nobody spoke"
    waits_s = sorted(heard.longest_wait_s for heard in sessions)
    print(f"resumed {resumed} times; longest wait for an ack {waits_s[-1]:.1f} s")  # noqa: T201 - the run's result
    rate = word_error_rate([speech.text for speech in speeches], [heard.text for heard in sessions])
    print(f"word error rate over all: {rate:.3f}")  # noqa: T201 - the run's result
    assert rate <= 0.15
    wait_until(stack.ready, "all is ready again")
    said = {f"soak-{number}": heard.of("summary")[-1]["words"] for number, heard in enumerate(sessions)}
    wait_until(lambda: stack.leaderboard("soak", tokens[0]) == said, "the leaderboard tells all words")
