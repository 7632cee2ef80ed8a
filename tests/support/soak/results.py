"""What long runs found, kept beside them: one file for each, to be committed."""

import json
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import describe_machine

RESULTS = Path(__file__).parents[2] / "soak" / "results"


def new_seed() -> int:
    """`SOAK_SEED` repeats the choices of a run before."""
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbits(32))
    print(f"seed {seed}")
    return seed


def keep(name: str, **figures: object) -> None:
    """Write and print a run's figures, with when and where they were found."""
    result = {"date": datetime.now(UTC).date().isoformat(), "machine": describe_machine(), **figures}
    text = json.dumps(result, indent=2)
    print(name, text)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that so many of them do not exceed, to the hundredth."""
    ordered = sorted(values)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2)


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": quantile(values, 0.5), "p95": quantile(values, 0.95), "most": quantile(values, 1.0)}
