import sys

from bench.__main__ import BENCHMARKS, bounded
from tests.support.waiting import DEADLINE_S


def test_a_benchmark_that_ends_well_in_time_is_done() -> None:
    assert bounded([sys.executable, "-c", "pass"], DEADLINE_S)
    assert not bounded([sys.executable, "-c", "raise SystemExit(1)"], DEADLINE_S)


def test_one_that_takes_too_long_is_asked_to_end() -> None:
    assert not bounded([sys.executable, "-c", "import time; time.sleep(3600)"], 0.5)


def test_all_of_them_take_no_longer_than_is_said() -> None:
    assert sum(each.minutes for each in BENCHMARKS.values()) <= 90
