"""Delays between attempts."""

from hypothesis import given
from hypothesis import strategies as st

from infra.backoff import ExponentialBackoff


@given(st.integers(0, 60), st.none() | st.floats(0, 1000), st.floats(0, 1))
def test_delays_are_bounded_and_never_shorter_than_retry_after(
    attempt: int, retry_after_s: float | None, drawn: float
) -> None:
    delay_s = ExponentialBackoff().delay_s(attempt, retry_after_s, drawn)
    assert delay_s >= max(0.25, retry_after_s or 0.0)
    assert delay_s <= max(8.0, 1.1 * (retry_after_s or 0.0))


def test_delays_double() -> None:
    backoff = ExponentialBackoff()
    assert [backoff.delay_s(attempt, None, 0.0) for attempt in range(6)] == [0.5, 1, 2, 4, 8, 8]
