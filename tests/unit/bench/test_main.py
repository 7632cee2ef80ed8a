import sys

from bench.__main__ import BENCHMARKS, command, finished_in_time
from bench.workload import Workload
from tests.support.waiting import DEADLINE_S


def test_a_benchmark_that_succeeds_in_time_has_finished() -> None:
    assert finished_in_time([sys.executable, "-c", "pass"], DEADLINE_S)
    assert not finished_in_time([sys.executable, "-c", "raise SystemExit(1)"], DEADLINE_S)


def test_a_benchmark_that_takes_too_long_is_interrupted() -> None:
    assert not finished_in_time([sys.executable, "-c", "import time; time.sleep(3600)"], 0.5)


def test_all_benchmarks_together_take_an_hour_and_a_half_at_most() -> None:
    assert sum(each.minutes for each in BENCHMARKS.values()) <= 90


def test_benchmarks_that_hear_speech_are_given_the_workload() -> None:
    workload = Workload("tiny.en")

    assert command(BENCHMARKS["delay"], workload)[-2:] == ["--model", "tiny.en"]
    assert "--model" not in command(BENCHMARKS["edge"], workload)
