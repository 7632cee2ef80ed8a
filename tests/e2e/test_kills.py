"""Processes killed in the middle of a session: it ends whole."""

import asyncio
from functools import partial

import pytest

from client.accuracy import word_error_rate
from tests.e2e.test_session import check_complete
from tests.support.audio.speech import Speech, joined
from tests.support.clients.protocol_client import Transcript, speak
from tests.support.processes.stack import Stack
from tests.support.waiting import until, wait_until

KILL_AFTER_FRAMES = 5


async def spoken_through_a_kill(stack: Stack, user: str, speech: Speech, *names: str) -> Transcript:
    """A session during which the named processes are killed, and after which all of them run again."""
    token = stack.token(user)
    heard = Transcript()
    speaking = asyncio.create_task(
        speak(stack.url, token, speech.pcm, heard, tls=stack.tls(), competition=f"kill-{user}", display_name=user)
    )
    await until(lambda: heard.acked >= KILL_AFTER_FRAMES)
    killed = {name: await asyncio.to_thread(stack.kill, name) for name in names}
    await speaking
    assert heard.of("error") == []
    for name, pid in killed.items():
        await asyncio.to_thread(wait_until, partial(stack.ready_again, name, pid), f"{name} runs again")
        assert stack.processes()[name].restarts >= 1
    words = heard.of("summary")[0]["words"]
    await asyncio.to_thread(
        wait_until,
        lambda: stack.leaderboard(f"kill-{user}", token) == {user: words},
        f"the leaderboard tells {words} words",
    )
    await asyncio.to_thread(
        wait_until,
        lambda: stack.get(f"/sessions/{heard.session_id}/report", token).status_code == 200,
        "the report at the API",
    )
    return heard


@pytest.mark.parametrize("names", [("questions", "analyze", "analytics"), ("kafka",)])
async def test_a_session_survives_killed_processes(stack: Stack, names: tuple[str, ...]) -> None:
    speech = joined("sentence_1", "sentence_2")

    heard = await spoken_through_a_kill(stack, f"survivor-of-{names[0]}", speech, *names)

    check_complete(heard, speech)


async def test_a_killed_transcriber_loses_no_audio(stack: Stack) -> None:
    speech = joined("sentence_1", "sentence_2", "sentence_5")

    heard = await spoken_through_a_kill(stack, "survivor-of-transcribe", speech, "transcribe")

    assert heard.close_code == 1000
    assert heard.acked == heard.frames_sent
    assert word_error_rate(speech.text, heard.text) <= 0.15
