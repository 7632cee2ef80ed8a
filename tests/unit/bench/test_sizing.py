import pytest

from bench.charts import LineChart
from bench.sizing import picture, rounds_in


@pytest.mark.parametrize(
    ("left_s", "rounds"),
    [
        pytest.param(0.9, 0, id="not even the first"),
        pytest.param(3.0, 1, id="the first, not all"),
        pytest.param(15.0, 2, id="all of them twice"),
        pytest.param(1000.0, 3, id="more than are wanted"),
    ],
)
def test_the_time_left_is_divided_among_the_remaining_batches(left_s: float, rounds: int) -> None:
    assert rounds_in(left_s, window_s=1.0, batches=[1, 2, 4]) == rounds


def test_a_batch_is_compared_with_a_batch_of_one() -> None:
    batches = [{"batch": 1, "windows_per_s": 2.0}, {"batch": 8, "windows_per_s": 5.0}]
    models = {"small": {"batches": batches}, "large": {"batches": []}}

    speeds, gains = picture({"device": "cpu", "compute_type": "int8", "models": models}).charts

    assert isinstance(speeds, LineChart)
    assert isinstance(gains, LineChart)
    assert speeds.series == {"small": [(1, 2.0), (8, 5.0)]}
    assert gains.series == {"small": [(1, 1.0), (8, 2.5)]}
