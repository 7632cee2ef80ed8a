"""What is concluded from what simulated speakers saw."""

from collections import Counter
from typing import Any

import pytest

from cli.load.figures import LoadFigures, as_json, conclusion, figures
from cli.load.speech import SpokenAudio
from cli.load.trace import ConnectionGap, SpeakerTrace
from client.connection import Received
from schemas.audio import FRAME_BYTES
from schemas.wire import SERVER_MESSAGE

BEGAN_MS = 50_000.0
FRAMES = 8


def final(number: int, text: str, *ends_ms: int) -> dict[str, Any]:
    words = [
        {"text": word, "start_ms": end_ms - 100, "end_ms": end_ms, "probability": 1.0}
        for word, end_ms in zip(text.split(), ends_ms, strict=True)
    ]
    return {
        "type": "final",
        "number": number,
        "text": text,
        "start_ms": 0,
        "end_ms": ends_ms[-1],
        "question": 1,
        "words": words,
    }


def summary(finals: int, audio_ms: int = 2000) -> dict[str, Any]:
    return {
        "type": "summary",
        "words": 1,
        "speech_ms": 1,
        "audio_ms": audio_ms,
        "words_per_minute": 1.0,
        "finals": finals,
    }


def trace(*messages: tuple[float, dict[str, Any]], said: str | None = "one two three") -> SpeakerTrace:
    """A session of two seconds, all acknowledged; messages with the milliseconds at which they came."""
    received = [Received(int(BEGAN_MS + at_ms), raw, SERVER_MESSAGE.validate_python(raw)) for at_ms, raw in messages]
    return SpeakerTrace(
        "speaker 0",
        SpokenAudio(bytes(FRAMES * FRAME_BYTES), said),
        began_ms=BEGAN_MS,
        spoken_bytes=FRAMES * FRAME_BYTES,
        frames_acked=FRAMES,
        received=received,
        ack_delays_ms=[10.0] * FRAMES,
        late_ms=[1.0] * FRAMES,
    )


WHOLE = ((1500, final(1, "one two", 300, 900)), (2600, final(2, "three", 1800)), (2700, summary(2)))


def test_a_whole_session_has_lost_nothing_and_is_held() -> None:
    found = figures([trace(*WHOLE)])

    assert (found.losses, found.duplicate_finals, found.repeated_passages, found.wer) == ({}, 0, 0, 0.0)
    assert found.final == {"p50": 800.0, "p95": 1160.0, "p99": 1192.0, "greatest": 1200.0}
    assert found.run.held
    assert conclusion(found) == "Held 1 speakers: p95 to final 1.2 s."


@pytest.mark.parametrize(
    ("messages", "loss"),
    [
        (WHOLE[:2], "no summary arrived"),
        ((*WHOLE[:2], (2700, summary(2, audio_ms=1500))), "500 ms of acknowledged audio"),
        ((WHOLE[0], (2700, summary(2))), r"finals [1] arrived of 2"),
    ],
)
def test_what_is_missing_is_a_loss(messages: tuple[tuple[float, dict[str, Any]], ...], loss: str) -> None:
    found = figures([trace(*messages)])

    assert loss in found.losses["speaker 0"][0]
    assert not found.run.held
    assert "Something was lost" in conclusion(found)


def test_frames_without_an_acknowledgement_are_a_loss() -> None:
    short = trace(*WHOLE)
    short.frames_acked = 5

    assert figures([short]).losses == {"speaker 0": ["3 of 8 frames were never acknowledged"]}


def test_a_final_that_came_again_and_a_passage_that_was_said_once_are_counted() -> None:
    twice = trace(
        *WHOLE[:2],
        (2650, final(2, "three", 1800)),
        (2700, final(3, "one two three", 1900, 1950, 2000)),
        (2800, summary(3)),
    )

    found = figures([twice])

    assert (found.duplicate_finals, found.repeated_passages) == (1, 1)


def test_a_word_that_waited_for_a_connection_is_left_out() -> None:
    away = trace(*WHOLE)
    away.gaps = [ConnectionGap(BEGAN_MS + 1700, BEGAN_MS + 2500)]

    found = figures([away])

    assert found.final is not None
    assert found.final["greatest"] == 1200.0
    assert found.reconnect_to_ack is not None
    assert found.reconnect_to_ack["p50"] == 800.0
    assert len(away.final_delays_ms()) == 2


def test_who_was_never_served_has_lost_nothing_but_was_not_held() -> None:
    refused = SpeakerTrace(
        "speaker 1", SpokenAudio(b"", None), rejected_attempts=Counter({"overloaded": 3}), failed="not done"
    )

    found = figures([trace(*WHOLE), refused])

    assert (found.served, found.lossless, found.run.held) == (1, True, False)
    assert found.rejected_attempts == {"overloaded": 3}
    assert "1 were not served" in conclusion(found)


def test_delays_that_grow_are_not_held() -> None:
    found = figures([trace((500, final(1, "one", 300)), (4000, final(2, "two", 1900)), (4100, summary(2)))])

    assert found.growth_ms == 1900.0
    assert "delays grew by 1.9 s" in conclusion(found)


def test_a_machine_that_sends_late_is_told_that_it_measured_itself() -> None:
    late = trace(*WHOLE)
    late.late_ms = [500.0]

    assert "measured itself" in conclusion(figures([late]))


def test_of_nobody_there_is_nothing_to_conclude() -> None:
    found = figures([])

    assert isinstance(found, LoadFigures)
    assert "No speaker was served" in conclusion(found)
    assert as_json(found)["held"] is False
