"""What is lost of a simulated session, and how late its words come."""

from typing import Any

import pytest

from cli.load.speech import SpokenAudio
from cli.load.trace import ConnectionGap, SpeakerTrace
from client.connection import Received
from schemas.audio import FRAME_BYTES
from schemas.wire import SERVER_MESSAGE

BEGAN_MS = 1000.0
SUMMARY = {
    "type": "summary",
    "words": 2,
    "speech_ms": 1,
    "audio_ms": 500,
    "words_per_minute": 1.0,
    "finals": 1,
}


def final(number: int = 1, end_ms: int = 300) -> dict[str, Any]:
    word = {"text": "good", "start_ms": 0, "end_ms": end_ms, "probability": 1.0}
    fields = {"number": number, "text": "good", "start_ms": 0, "end_ms": end_ms, "question": None}
    return {"type": "final", **fields, "words": [word]}


def trace(*messages: dict[str, Any], arrived_ms: int = 1400, **changes: Any) -> SpeakerTrace:
    """Of two frames that were all acknowledged, unless changed."""
    received = [Received(arrived_ms, raw, SERVER_MESSAGE.validate_python(raw)) for raw in messages]
    fields: dict[str, Any] = {"began_ms": BEGAN_MS, "spoken_bytes": 2 * FRAME_BYTES, "frames_acked": 2}
    return SpeakerTrace("speaker", SpokenAudio(b"", None), received=received, **(fields | changes))


def test_a_whole_session_has_lost_nothing() -> None:
    assert trace(final(), SUMMARY).losses() == []


@pytest.mark.parametrize(
    ("given", "loss"),
    [
        (trace(SUMMARY | {"finals": 0}, frames_acked=1), "1 of 2 frames were never acknowledged"),
        (trace(final()), "no summary arrived"),
        (trace(final(), SUMMARY | {"audio_ms": 250}), "250 ms of acknowledged audio are not in the transcript"),
        (trace(SUMMARY), "finals [] arrived of 1"),
        (trace(final(2), SUMMARY), "finals [2] arrived of 1"),
        (trace(final(), SUMMARY, failed="It hung up."), "It hung up."),
    ],
)
def test_each_loss_is_named(given: SpeakerTrace, loss: str) -> None:
    assert given.losses() == [loss]


def test_the_last_frame_may_be_shorter_than_the_acknowledged_frames_say() -> None:
    assert trace(final(), SUMMARY | {"audio_ms": 281}, spoken_bytes=FRAME_BYTES + 1000).losses() == []


def test_a_session_that_never_began_has_lost_nothing() -> None:
    assert trace(began_ms=None, failed="Refused.").losses() == []


def test_finals_that_come_again_are_counted_and_shown_once() -> None:
    twice = trace(final(2), final(1), final(1))
    assert twice.duplicate_finals == 1
    assert [each.number for each in twice.finals] == [1, 2]
    assert twice.transcript == "good good"


@pytest.mark.parametrize(
    ("gaps", "delays"),
    [
        ([], [(300, 100.0)]),
        ([ConnectionGap(1350.0, 1390.0)], []),
        ([ConnectionGap(1350.0, None)], []),
        ([ConnectionGap(1100.0, 1200.0)], [(300, 100.0)]),
        ([ConnectionGap(1500.0, 1600.0)], [(300, 100.0)]),
    ],
    ids=["none", "while it waited", "to the end", "before its word", "after it came"],
)
def test_a_word_that_waited_for_a_connection_has_no_delay(
    gaps: list[ConnectionGap], delays: list[tuple[float, float]]
) -> None:
    assert trace(final(), gaps=gaps).final_delays_ms() == delays
