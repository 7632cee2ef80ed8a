from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.connection import Received
from client.errors import SessionRefused
from client.observer import SessionObserver
from client.outcome import Outcome
from client.playback import Playback, answered, steps
from client.reconnect import NO_RECONNECT
from client.recording import Recording
from client.session import connect
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES
from schemas.wire import Start
from tests.support.clients.scripted_edge import ScriptedEdge, running
from tests.support.waiting import DEADLINE_S

SHORT = Recording(Path("short.wav"), bytes(FRAME_BYTES + 1000))
"""One frame and a shorter one."""


async def streamed(
    edge: ScriptedEdge, *recordings: Recording, wait_s: float = DEADLINE_S, questions: int = 10
) -> Outcome:
    playback = Playback(recordings, start=Start(questions=questions), speed=8.0, report_wait_s=wait_s)
    async with running(edge):
        return await playback.run(edge.url, token="a-token", reconnect=NO_RECONNECT)


@given(samples=st.integers(1, 20_000), first=st.integers(0, 10**6))
def test_steps_hold_every_sample_once_and_in_order(samples: int, first: int) -> None:
    pcm = bytes(i % 251 for i in range(samples * 2))

    taken = list(steps(Recording(Path("a"), pcm), first, 3))

    assert b"".join(step.pcm for step in taken) == pcm
    assert all(0 < len(step.pcm) <= FRAME_BYTES for step in taken)
    assert [step.answers for step in taken] == [3] + [None] * (len(taken) - 1)
    assert taken[-1].until_sample == first + samples


@pytest.mark.parametrize(("position", "questions", "expected"), [(0, 10, 1), (2, 10, 3), (4, 3, 3), (0, 0, None)])
def test_each_recording_answers_the_next_question(position: int, questions: int, expected: int | None) -> None:
    assert answered(position, questions) == expected


async def test_a_session_goes_from_start_to_close() -> None:
    edge = ScriptedEdge()

    outcome = await streamed(edge, SHORT, SHORT)

    assert edge.order == ["auth", "start", "answer", "audio", "audio", "answer", "audio", "audio", "end"]
    assert [text["question"] for text in edge.texts if text["type"] == "answer"] == [1, 2]
    assert edge.audio == SHORT.pcm * 2
    assert outcome.transcript == "good morning."
    assert outcome.summary is not None
    assert outcome.report is not None
    assert outcome.faults == ()
    assert outcome.result()["ok"]
    assert outcome.frames_acked == outcome.frames_sent == 3


async def test_sound_is_sent_no_earlier_than_it_was_spoken() -> None:
    outcome = await streamed(ScriptedEdge(), SHORT, SHORT)

    assert outcome.ack_delays_ms()
    assert min(outcome.ack_delays_ms()) >= -1.0


async def test_without_questions_no_answer_is_marked() -> None:
    edge = ScriptedEdge()

    await streamed(edge, SHORT, questions=0)

    assert "answer" not in edge.order


async def test_a_server_that_closes_early_stops_the_recording() -> None:
    edge = ScriptedEdge(cut_after=1)

    outcome = await streamed(edge, *[SHORT] * 50)

    assert edge.order.count("audio") < 10
    assert outcome.close_code == 1013
    assert "not stored" in outcome.faults[0]
    assert not outcome.result()["ok"]


async def test_a_report_that_could_not_be_made_is_a_fault() -> None:
    outcome = await streamed(ScriptedEdge(report={"type": "report", "error": "the model was asleep"}), SHORT)

    assert outcome.report is None
    assert "the model was asleep" in outcome.faults[0]


async def test_a_server_that_falls_silent_after_the_end_is_not_waited_for_for_ever() -> None:
    with pytest.raises(Unavailable, match="no report within"):
        await streamed(ScriptedEdge(silent_end=True), SHORT, wait_s=0.05)


async def test_a_refused_token_is_told_with_the_servers_hint() -> None:
    refusal = {"type": "error", "code": "expired", "message": "Too old.", "hint": "Take a new one.", "fatal": True}

    with pytest.raises(SessionRefused, match="Take a new one") as caught:
        await streamed(ScriptedEdge(refusal=refusal), SHORT)

    assert caught.value.code == "expired"


async def test_where_nobody_listens_the_hint_names_the_stack() -> None:
    with pytest.raises(Unavailable, match="rostrum ps"):
        async with connect("ws://127.0.0.1:9/v1/stream", token="a-token"):
            pass


async def test_messages_of_a_later_version_are_watched_and_ignored() -> None:
    watched: list[Received] = []

    class Observer(SessionObserver):
        def received(self, item: Received) -> None:
            watched.append(item)

    async with running(ScriptedEdge()) as edge:
        await Playback([SHORT], speed=8.0).run(edge.url, token="a-token", observer=Observer())

    unknown = [item for item in watched if item.message is None]
    assert [item.raw["type"] for item in unknown] == ["of_a_later_version"]
    assert [item.raw["type"] for item in watched][:2] == ["ready", "started"]
