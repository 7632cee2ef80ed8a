"""A session is resumed over another connection, over real sockets against a scripted edge."""

from pathlib import Path

import pytest

from client.errors import SessionRefused
from client.observer import SessionObserver
from client.outcome import Outcome
from client.playback import Playback, script
from client.reconnect import Reconnecting, ReconnectPolicy
from client.recording import Recording
from client.resend_buffer import ResendBuffer
from schemas.audio import FRAME_BYTES, FRAME_SAMPLES
from schemas.wire import BeginAnswer
from tests.support.clients.scripted_edge import ScriptedEdge, running
from tests.support.waiting import DEADLINE_S

SPEECH = Recording(Path("a.wav"), bytes(i % 251 for i in range(4 * FRAME_BYTES + 1000)))
SHORT = Recording(Path("b.wav"), bytes(FRAME_BYTES + 600))
OVERLOADED = {"type": "error", "code": "overloaded", "message": "Full.", "hint": "Wait.", "retry_after_ms": 10}
IMPATIENT = ReconnectPolicy(pauses_s=(0.0, 0.01, 0.02))


class Observer(SessionObserver):
    def __init__(self) -> None:
        self.lost: list[str] = []
        self.recordings: list[tuple[str, int | None]] = []

    def playing(self, recording: Recording, question: int | None) -> None:
        self.recordings.append((recording.path.name, question))

    def reconnecting(self, event: Reconnecting) -> None:
        assert event.after_s >= 0
        self.lost.append(event.reason)


async def streamed(edge: ScriptedEdge, observer: Observer, *recordings: Recording) -> Outcome:
    playback = Playback(recordings, speed=8.0, report_wait_s=DEADLINE_S)
    async with running(edge):
        return await playback.run(edge.url, token="a-token", reconnect=IMPATIENT, observer=observer)


async def test_what_was_not_acknowledged_is_sent_again_over_another_connection() -> None:
    edge, observer = ScriptedEdge(cut_after=3, cuts=2), Observer()

    outcome = await streamed(edge, observer, SPEECH, SHORT)

    assert edge.audio == SPEECH.pcm + SHORT.pcm
    assert outcome.faults == ()
    assert outcome.frames_acked == outcome.frames_sent == 6
    starts = [text for text in edge.texts if text["type"] == "start"]
    assert [(start.get("resume"), start["from_frame"], start["have_final"]) for start in starts] == [
        *((None, 0, 0), ("r", 2, 0), ("r", 4, 0))
    ]
    assert observer.lost == ["Something was not stored."] * 2
    assert observer.recordings == [("a.wav", 1), ("b.wav", 2)]


async def test_a_connection_that_never_comes_back_is_given_up_after_a_while() -> None:
    edge, observer = ScriptedEdge(cut_after=1, cuts=100), Observer()

    outcome = await streamed(edge, observer, SPEECH)

    assert not outcome.result()["ok"]
    assert "could not be resumed" in outcome.faults[0]


async def test_a_session_that_the_server_no_longer_knows_is_not_asked_for_again() -> None:
    gone = {"type": "error", "code": "no_session", "message": "Over.", "hint": "See the API.", "fatal": True}
    edge, observer = ScriptedEdge(cut_after=1, resume_refusal=gone), Observer()

    with pytest.raises(SessionRefused, match="Over"):
        await streamed(edge, observer, SPEECH)

    assert len(observer.lost) == 1


async def test_a_server_that_has_too_much_to_do_is_asked_again_and_one_that_says_no_is_not() -> None:
    edge, observer = ScriptedEdge(refusal={**OVERLOADED, "fatal": True}), Observer()
    with pytest.raises(SessionRefused, match="Full"):
        await streamed(edge, observer, SPEECH)
    assert observer.lost == ["Full."] * 3

    edge, observer = ScriptedEdge(refusal={**OVERLOADED, "fatal": True, "retry_after_ms": None}), Observer()
    with pytest.raises(SessionRefused, match="Full"):
        await streamed(edge, observer, SPEECH)
    assert observer.lost == []


@pytest.mark.parametrize("frames", range(7))
def test_after_a_resume_every_sample_from_a_frame_on_is_sent(frames: int) -> None:
    buffer = ResendBuffer()
    for step in script([SPEECH, SHORT], questions=3):
        if step.answers is not None:
            buffer.append(BeginAnswer(question=step.answers))
        buffer.append(step.pcm)

    buffer.started("r", FRAME_BYTES, frames)

    left = []
    while (item := buffer.next_unsent()) is not None:
        left.append(item)
    sent = b"".join(item for item in left if isinstance(item, bytes))
    assert sent == (SPEECH.pcm + SHORT.pcm)[frames * FRAME_SAMPLES * 2 :]
    # The second answer begins 500 samples after the fourth frame.
    answers = [item.question for item in left if isinstance(item, BeginAnswer)]
    assert answers == [1, 2][(frames > 0) + (frames > 4) :]


def test_the_first_return_is_at_once_and_later_ones_wait_longer_up_to_a_bound() -> None:
    policy = ReconnectPolicy(gives_up=False)

    pauses = [policy.pause_s(attempts) or 0.0 for attempts in range(20)]

    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[1] < pauses[2]
    assert pauses[-1] <= 10


def test_all_pauses_together_outlast_the_servers_grace_and_then_it_gives_up() -> None:
    policy = ReconnectPolicy()

    assert sum(policy.pauses_s) > 30
    assert policy.pause_s(len(policy.pauses_s)) is None


def test_the_servers_wish_for_a_pause_counts() -> None:
    assert ReconnectPolicy().pause_s(0, 5.0) == 5.0
