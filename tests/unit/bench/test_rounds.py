"""Figures of several rounds."""

import pytest

from bench.rounds import median_and_range


@pytest.mark.parametrize(
    ("values", "digits", "expected"),
    [
        ([3.0, 1.0, 2.0], 1, (2.0, 1.0, 3.0)),
        ([1.0, 2.0], 1, (1.5, 1.0, 2.0)),
        ([1.256], 2, (1.26, 1.26, 1.26)),
    ],
)
def test_the_median_is_given_with_the_least_and_the_greatest(
    values: list[float], digits: int, expected: tuple[float, float, float]
) -> None:
    assert tuple(median_and_range(values, digits).values()) == expected
