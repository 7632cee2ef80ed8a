"""The main job, seen by a client that knows nothing but the protocol."""

import asyncio

from client.accuracy import word_error_rate
from tests.support.audio.speech import Speech, joined
from tests.support.clients.protocol_client import Transcript, speak
from tests.support.processes.stack import Stack
from tests.support.waiting import wait_until


def check_complete(heard: Transcript, speech: Speech) -> None:
    """A session with nothing missing, by the protocol's page."""
    assert heard.close_code == 1000
    finals = heard.of("final")
    assert [final["number"] for final in finals] == list(range(1, len(finals) + 1))
    assert all(" ".join(word["text"] for word in final["words"]) == final["text"] for final in finals)
    assert heard.acked == heard.frames_sent
    assert word_error_rate(speech.text, heard.text) <= 0.15
    (summary,) = heard.of("summary")
    assert summary["finals"] == len(finals)
    assert summary["words"] == sum(any(char.isalnum() for char in word) for word in heard.text.split())
    assert summary["audio_ms"] == int(speech.seconds * 1000)
    (report,) = heard.of("report")
    assert report["report"]["answers"]
    assert len(heard.of("questions")) == 1
    kinds = [message["type"] for _, message in heard.messages]
    assert kinds.index("summary") < kinds.index("report") == len(kinds) - 1
    assert kinds[:2] == ["ready", "started"]


async def test_two_concurrent_sessions_are_complete(stack: Stack) -> None:
    speeches = {
        "ada": joined("sentence_1", "sentence_4", "sentence_5"),
        "ben": joined("sentence_2", "sentence_3", "sentence_6"),
    }
    tokens = {user: stack.token(user) for user in speeches}
    tls = stack.tls()

    sessions = await asyncio.gather(
        *(
            speak(stack.url, tokens[user], speech.pcm, tls=tls, competition="side-by-side")
            for user, speech in speeches.items()
        )
    )

    for heard, speech in zip(sessions, speeches.values(), strict=True):
        check_complete(heard, speech)
        (asked,) = heard.of("questions")
        assert [question["number"] for question in asked["questions"]] == list(range(1, 11))
        assert asked["source"] == "bank"
        assert all(final["question"] == 1 for final in heard.of("final"))
        # How soon words come is the benchmark's business; that they come while more is being said is ours.
        first_final_s = next(at_s for at_s, message in heard.messages if message["type"] == "final")
        assert first_final_s < speech.seconds

    said = {user: heard.of("summary")[0]["words"] for user, heard in zip(speeches, sessions, strict=True)}
    wait_until(lambda: stack.leaderboard("side-by-side", tokens["ada"]) == said, f"the leaderboard tells {said}")


async def test_the_report_of_a_lost_client_is_at_the_api(stack: Stack) -> None:
    speech = joined("sentence_2")
    token = stack.token("cleo")

    heard = await speak(stack.url, token, speech.pcm, tls=stack.tls(), end=False)

    path = f"/sessions/{heard.session_id}"
    await asyncio.to_thread(
        wait_until, lambda: stack.get(f"{path}/report", token).status_code == 200, "the report of the lost client"
    )
    assert stack.get(path, token).json()["session"]["ended_by"] == "idle"
    assert stack.get(f"{path}/report", stack.token("somebody-else")).status_code == 403
