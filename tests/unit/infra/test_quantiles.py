import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.quantiles import percentiles, quantile, spread

VALUES = st.lists(st.floats(0, 1e6), min_size=1)


@given(VALUES, st.floats(0, 1))
def test_a_quantile_is_interpolated_as_numpy_does_by_default(values: list[float], share: float) -> None:
    assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-9, abs=1e-6)


@given(VALUES)
def test_the_quantile_of_a_half_is_the_median(values: list[float]) -> None:
    assert quantile(values, 0.5) == pytest.approx(statistics.median(values))


def test_no_values_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)
    assert spread([]) is None
    assert percentiles([]) is None


@given(VALUES)
def test_a_spread_is_in_order_and_within_its_values(values: list[float]) -> None:
    figures = spread(values)

    assert figures is not None
    assert figures["median"] <= figures["p95"] <= figures["greatest"]
    # Rounded to a tenth, half of which has no exact binary number.
    assert figures["greatest"] == pytest.approx(max(values), abs=0.0501)


def test_percentiles_are_named_as_they_are_in_results() -> None:
    assert percentiles([float(value) for value in range(101)]) == {
        "p50": 50.0,
        "p95": 95.0,
        "p99": 99.0,
        "greatest": 100.0,
    }
