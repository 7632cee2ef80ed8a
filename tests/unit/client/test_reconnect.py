"""A session goes on over another connection, over real sockets against a scripted edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from client import reconnect as reconnecting
from client.connection import Client, Received, Refused, connect
from client.outcome import Outcome
from client.playback import Performance, rest, whole
from client.reconnect import persevere
from client.recording import Recording
from infra.clock import SystemClock
from schemas.audio import FRAME_BYTES, FRAME_SAMPLES
from schemas.wire import Start
from tests.support.clients.scripted_edge import ScriptedEdge, running

SPEECH = Recording(Path("a.wav"), bytes(i % 251 for i in range(4 * FRAME_BYTES + 1000)))
SHORT = Recording(Path("b.wav"), bytes(FRAME_BYTES + 600))
OVERLOADED = {"type": "error", "code": "overloaded", "message": "Full.", "hint": "Wait.", "retry_after_ms": 10}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnecting, "PAUSES_S", (0.0, 0.01, 0.02))


class Audience:
    def __init__(self) -> None:
        self.lost: list[str] = []
        self.playing: list[tuple[str, int | None]] = []

    def announce(self, recording: Recording, question: int | None) -> None:
        self.playing.append((recording.path.name, question))

    def reconnecting(self, reason: str, after_s: float) -> None:
        assert after_s >= 0
        self.lost.append(reason)

    def received(self, item: Received) -> None: ...


async def streamed(edge: ScriptedEdge, audience: Audience, *recordings: Recording) -> Outcome:
    clock = SystemClock()

    @asynccontextmanager
    async def authenticated() -> AsyncIterator[Client]:
        async with connect(edge.url, clock=clock, watch=audience.received) as client:
            await client.authenticate("a-token")
            yield client

    performance = Performance(Start(), recordings, clock, announce=audience.announce, speed=8.0, wait_s=2.0)
    async with running(edge):
        return await persevere(authenticated, performance, audience.reconnecting)


async def test_what_was_not_acknowledged_is_sent_again_over_another_connection() -> None:
    edge, audience = ScriptedEdge(cut_after=3, cuts=2), Audience()

    outcome = await streamed(edge, audience, SPEECH, SHORT)

    assert edge.audio == SPEECH.pcm + SHORT.pcm
    assert outcome.faults == ()
    assert outcome.frames_acked == outcome.frames_sent == 6
    starts = [text for text in edge.texts if text["type"] == "start"]
    assert [(start.get("resume"), start["from_frame"], start["have_final"]) for start in starts] == [
        *((None, 0, 0), ("r", 2, 0), ("r", 4, 0))
    ]
    assert audience.lost == ["Something was not stored."] * 2
    assert audience.playing == [("a.wav", 1), ("b.wav", 2)]


async def test_a_connection_that_never_comes_back_is_given_up_after_a_while() -> None:
    edge, audience = ScriptedEdge(cut_after=1, cuts=100), Audience()

    outcome = await streamed(edge, audience, SPEECH)

    assert not outcome.result()["ok"]
    assert "was not to be had again" in outcome.close_reason


async def test_a_session_that_the_server_no_longer_knows_is_not_asked_for_again() -> None:
    gone = {"type": "error", "code": "no_session", "message": "Over.", "hint": "See the API.", "fatal": True}
    edge, audience = ScriptedEdge(cut_after=1, resume_refusal=gone), Audience()

    with pytest.raises(Refused, match="Over"):
        await streamed(edge, audience, SPEECH)

    assert len(audience.lost) == 1


async def test_a_server_that_has_too_much_to_do_is_asked_again_and_one_that_says_no_is_not() -> None:
    edge, audience = ScriptedEdge(refusal={**OVERLOADED, "fatal": True}), Audience()
    with pytest.raises(Refused, match="Full"):
        await streamed(edge, audience, SPEECH)
    assert audience.lost == ["Full."] * 3

    edge, audience = ScriptedEdge(refusal={**OVERLOADED, "fatal": True, "retry_after_ms": None}), Audience()
    with pytest.raises(Refused, match="Full"):
        await streamed(edge, audience, SPEECH)
    assert audience.lost == []


@pytest.mark.parametrize("frames", range(7))
def test_the_rest_is_every_sample_from_a_frame_on(frames: int) -> None:
    script, samples = whole([SPEECH, SHORT], questions=3), frames * FRAME_SAMPLES

    left = list(rest(script, samples))

    assert b"".join(step.pcm for step in left) == (SPEECH.pcm + SHORT.pcm)[samples * 2 :]
    # The second answer begins 500 samples after the fourth frame.
    assert [step.answers for step in left if step.answers] == [1, 2][(frames > 0) + (frames > 4) :]
