"""The part of a word's delay that is Rostrum's."""

from bench.latency import reply_latencies_ms
from client.connection import Received
from client.outcome import Outcome
from schemas.audio import FRAME_SAMPLES
from schemas.replies import Reply
from schemas.wire import Partial

BEGAN_MS = 10_000


def partial(text: str) -> Partial:
    return Partial(text=text, start_ms=0, end_ms=100, after_final=0)


def sent(text: str, heard_frames: int | None) -> Reply:
    return Reply(event_id="e", at_ms=0, session_id="s", conn="c", heard_frames=heard_frames, message=partial(text))


def outcome(*arrivals: tuple[int, str], frames: int = 8, speed: float = 1.0) -> Outcome:
    """Partials with the milliseconds since the first sample at which they arrived."""
    received = tuple(Received(BEGAN_MS + at_ms, {}, partial(text)) for at_ms, text in arrivals)
    return Outcome("s", BEGAN_MS, frames * FRAME_SAMPLES, speed, received, 1000, "")


def test_a_latency_runs_from_the_end_of_the_newest_frame_that_a_reply_covers() -> None:
    assert reply_latencies_ms(outcome((600, "a"), (1300, "b")), [sent("a", 2), sent("b", 4)]) == [100, 300]


def test_at_twice_the_speed_frames_end_in_half_the_time() -> None:
    assert reply_latencies_ms(outcome((300, "a"), speed=2.0), [sent("a", 2)]) == [50]


def test_the_last_frame_ends_with_the_audio() -> None:
    assert reply_latencies_ms(outcome((600, "a"), frames=2), [sent("a", 3)]) == [100]


def test_equal_replies_are_matched_in_their_order_and_lost_ones_are_left_out() -> None:
    replies = [sent("a", 2), sent("a", 4), sent("lost", 5), sent("other stage", None)]
    assert reply_latencies_ms(outcome((600, "a"), (1100, "a"), (1200, "a")), replies) == [100, 100]
