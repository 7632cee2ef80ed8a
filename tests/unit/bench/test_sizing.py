import pytest

from bench.charts import draw
from bench.sizing import markdown, panels, rounds_in


@pytest.mark.parametrize(
    ("left_s", "rounds"),
    [
        pytest.param(0.9, 0, id="not even the first"),
        pytest.param(3.0, 1, id="the first, not all"),
        pytest.param(15.0, 2, id="all of them twice"),
        pytest.param(1000.0, 3, id="more than are wanted"),
    ],
)
def test_time_is_dealt_out_over_the_batches_that_are_left(left_s: float, rounds: int) -> None:
    assert rounds_in(left_s, window_s=1.0, batches=[1, 2, 4]) == rounds


def test_a_batch_is_compared_with_a_batch_of_one() -> None:
    batches = [{"batch": 1, "windows_per_s": 2.0}, {"batch": 8, "windows_per_s": 5.0}]
    report = {"models": {"small": {"batches": batches}, "large": {"batches": []}}}

    speeds, gains = panels(report)

    assert list(speeds.series["small"]) == [(1, 2.0), (8, 5.0)]
    assert gains.series == {"small": [(1, 1.0), (8, 2.5)]}
    assert draw([speeds, gains]).startswith("<svg")


def test_the_table_says_what_was_not_run() -> None:
    small = [
        {"batch": batch, "windows_per_s": speed, "cpu_s_per_window": 0.96} for batch, speed in ((1, 2.0), (8, 5.123))
    ]
    *_, first, second = markdown({"models": {"small": {"batches": small}, "large": {"batches": []}}}).splitlines()
    assert first == "| small | 2.00 (1.0 s) | 5.12 (1.0 s) |"
    assert second == "| large | not run | not run |"
