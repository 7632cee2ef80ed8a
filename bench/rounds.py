"""Figures that were measured in several rounds."""

import statistics
from collections.abc import Sequence


def median_and_range(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "greatest": round(max(values), digits),
    }
