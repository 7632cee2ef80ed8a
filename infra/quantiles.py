"""Quantiles, computed in one way everywhere: figures of different programs can be compared.

Linear interpolation between the two nearest values, which is numpy's default and type 7 of R. D. Hyndman and Y. Fan,
"Sample Quantiles in Statistical Packages", The American Statistician 50(4), 1996. Its 0.5 is the usual median."""

import math
from collections.abc import Iterable


def quantile(values: Iterable[float], share: float) -> float:
    """The value that this share of them (0 to 1) does not exceed. Raises ValueError if there are none."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values have no quantile")
    position = (len(ordered) - 1) * share
    low, high = ordered[math.floor(position)], ordered[math.ceil(position)]
    return low + (high - low) * (position - math.floor(position))


def spread(values: Iterable[float]) -> dict[str, float] | None:
    """Median, 95th percentile and greatest, rounded to a tenth; None if there are no values."""
    ordered = sorted(values)
    if not ordered:
        return None
    return {
        "median": round(quantile(ordered, 0.5), 1),
        "p95": round(quantile(ordered, 0.95), 1),
        "greatest": round(ordered[-1], 1),
    }


def percentiles(values: Iterable[float], digits: int = 1) -> dict[str, float] | None:
    """p50, p95, p99 and the greatest; None if there are no values."""
    ordered = sorted(values)
    if not ordered:
        return None
    found = {f"p{percent}": quantile(ordered, percent / 100) for percent in (50, 95, 99)}
    return {name: round(value, digits) for name, value in (*found.items(), ("greatest", ordered[-1]))}
