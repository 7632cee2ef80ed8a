import pytest

from bench.edge.soak import SoakCounts, SoakResult


def test_growth_is_that_of_the_medians_of_minutes_25_to_30_over_5_to_10() -> None:
    memory = [(float(minute), 100.0 if minute < 12 else 110.0) for minute in range(31)]
    memory[0], memory[27] = (0.0, 10.0), (27.0, 900.0)

    assert SoakResult(30.0, 1, SoakCounts(), memory).growth == pytest.approx(1.1)
