"""How much faster than real time audio may be sent."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.flow.leaky_bucket import LeakyBucket, RateLimit

LIMIT = RateLimit(rate=8, burst_ms=30_000)
SECOND = 16_000


def test_a_burst_passes_and_one_sample_more_does_not() -> None:
    full = LeakyBucket(at_ms=0).add(30 * SECOND, 0, LIMIT)
    assert full is not None
    assert full.add(1, 0, LIMIT) is None
    assert full.add(8 * SECOND, 1000, LIMIT) == LeakyBucket(at_ms=1000, level=30 * SECOND)


@given(st.lists(st.integers(1, 1000), max_size=50))
def test_audio_at_the_allowed_rate_passes_for_ever(waits_ms: list[int]) -> None:
    bucket: LeakyBucket | None = LeakyBucket(at_ms=0)
    now_ms = 0
    for wait_ms in waits_ms:
        now_ms += wait_ms
        assert bucket is not None
        bucket = bucket.add(8 * wait_ms * 16, now_ms, LIMIT)
    assert bucket is not None
    assert bucket.level <= 8 * 1000 * 16


def test_a_clock_that_goes_back_changes_nothing() -> None:
    bucket = LeakyBucket(at_ms=1000, level=5)
    assert bucket.add(0, 500, LIMIT) == bucket
