from typing import Any

from client.connection import Received
from client.outcome import Outcome
from schemas.wire import SERVER_MESSAGE
from tests.support.clients.scripted_edge import FINAL

BEGAN_AT_MS = 50_000


def outcome(*messages: tuple[int, dict[str, Any]], speed: float = 1.0, samples: int = 24_000) -> Outcome:
    """Messages with the milliseconds after the first sample at which they came."""
    received = tuple(
        Received(BEGAN_AT_MS + at_ms, message, SERVER_MESSAGE.validate_python(message)) for at_ms, message in messages
    )
    return Outcome("s", BEGAN_AT_MS, samples, speed, received, 1000, "")


def test_a_words_delay_runs_from_its_end_to_its_final() -> None:
    assert outcome((1400, FINAL)).final_delays_ms() == [1200, 1000]


def test_at_twice_the_speed_words_end_in_half_the_time() -> None:
    assert outcome((1400, FINAL), speed=2.0).final_delays_ms() == [1300, 1200]


def test_a_partials_delay_is_that_of_its_newest_word() -> None:
    partial = {"type": "partial", "text": "good", "start_ms": 0, "end_ms": 300, "after_final": 0}
    empty = partial | {"text": ""}

    assert outcome((700, partial), (800, empty)).partial_delays_ms() == [400]


def test_the_last_shorter_frame_was_sent_when_the_sound_was_over() -> None:
    acks = outcome((260, {"type": "ack", "frames": 1}), (400, {"type": "ack", "frames": 2}), samples=6000)

    assert acks.ack_delays_ms() == [10, 25]
    assert acks.frames_sent == 2
    assert acks.frames_acked == 2


def test_a_session_without_a_summary_is_not_whole() -> None:
    assert outcome().faults == ("The server closed without a summary.",)
