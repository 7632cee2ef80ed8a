"""How much faster than real time may a client be?"""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.flow.leaky_bucket import Budget, Pace

BUDGET = Budget(times=8, burst_ms=30_000)
SECOND = 16_000


def test_a_burst_passes_and_one_sample_more_does_not() -> None:
    full = Pace(at_ms=0).after(30 * SECOND, 0, BUDGET)
    assert full is not None
    assert full.after(1, 0, BUDGET) is None
    assert full.after(8 * SECOND, 1000, BUDGET) == Pace(at_ms=1000, ahead=30 * SECOND)


@settings(deadline=None)
@given(st.lists(st.integers(1, 1000), max_size=50))
def test_real_time_and_eightfold_speed_pass_for_ever(waits_ms: list[int]) -> None:
    pace: Pace | None = Pace(at_ms=0)
    now_ms = 0
    for wait_ms in waits_ms:
        now_ms += wait_ms
        assert pace is not None
        pace = pace.after(8 * wait_ms * 16, now_ms, BUDGET)
    assert pace is not None
    assert pace.ahead <= 8 * 1000 * 16


def test_a_clock_that_stands_still_gives_nothing_and_takes_nothing() -> None:
    pace = Pace(at_ms=1000, ahead=5)
    assert pace.after(0, 500, BUDGET) == pace
