"""A simulated speaker against a scripted server, over real sockets."""

import random
import ssl
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.load.command import load
from cli.load.figures import figures
from cli.load.speaker import LoadSpeaker, SpeakerProfile
from cli.load.speech import SpokenAudio
from cli.load.trace import SpeakerTrace
from infra.clock import SystemClock
from infra.errors import RostrumError
from schemas.audio import FRAME_BYTES
from tests.support.clients.scripted_edge import ScriptedEdge, running
from tests.support.waiting import DEADLINE_S

SPEECH = SpokenAudio(bytes(2 * FRAME_BYTES), "good morning")


async def spoken(edge: ScriptedEdge, wait_s: float = DEADLINE_S) -> SpeakerTrace:
    async with running(edge):
        profile = SpeakerProfile(edge.url, ssl.create_default_context(), wait_s, 0.0, None)
        speaker = LoadSpeaker("speaker 0", lambda: "token", SPEECH, profile, SystemClock(), random.Random(1))
        return await speaker.run()


async def test_a_speaker_says_everything_and_sees_what_comes_of_it() -> None:
    edge = ScriptedEdge()

    trace = await spoken(edge)

    assert edge.audio == SPEECH.pcm
    assert edge.order[:3] == ["auth", "start", "answer"]
    assert (trace.losses(), trace.failed, trace.transcript) == ([], None, "good morning.")
    assert len(trace.ack_delays_ms) == 2
    assert figures([trace]).wer == 0.0


async def test_a_refused_token_is_final_and_nothing_is_lost() -> None:
    refusal = {"type": "error", "code": "token_expired", "message": "It is too old.", "hint": "New.", "fatal": True}

    trace = await spoken(ScriptedEdge(refusal=refusal))

    assert (trace.failed, trace.began, trace.losses()) == ("It is too old.", False, [])


async def test_a_server_that_asks_for_a_pause_is_asked_again_until_the_time_is_over() -> None:
    refusal = {"type": "error", "code": "overloaded", "message": "Full.", "hint": "Wait.", "fatal": True}

    trace = await spoken(ScriptedEdge(refusal=refusal | {"retry_after_ms": 10}), wait_s=1.0)

    assert trace.rejected_attempts["overloaded"] >= 2
    assert trace.failed == "not served within 1 s"


async def test_a_session_without_a_summary_is_given_up_and_lost() -> None:
    trace = await spoken(ScriptedEdge(silent_end=True), wait_s=1.0)

    assert trace.losses() == ["not done 1 s after its end", "no summary arrived"]


@pytest.mark.parametrize(("content", "fault"), [(None, "No such file"), ("\n", "holds no token")])
def test_a_list_without_tokens_is_named(tmp_path: Path, content: str | None, fault: str) -> None:
    tokens = tmp_path / "tokens.txt"
    if content is not None:
        tokens.write_text(content, encoding="utf-8")

    result = CliRunner().invoke(load, ["--tokens", str(tokens), "--url", "wss://example.org/v1/stream"])

    assert isinstance(result.exception, RostrumError)
    assert fault in result.exception.message
