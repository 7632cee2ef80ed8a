"""The edge's memory over half an hour of sessions that come and go (`SOAK_MINUTES`, `SOAK_SEED`)."""

import os
import secrets

import pytest

from bench.edge.soak import GOAL_GROWTH, MINUTES, SPEAKERS, soak

_MINUTES = float(os.environ.get("SOAK_MINUTES") or MINUTES)


@pytest.mark.soak
@pytest.mark.timeout(_MINUTES * 60 + 180)
async def test_memory_does_not_grow_and_no_frame_is_lost() -> None:
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbits(32))
    print(f"seed {seed}")  # noqa: T201 - SOAK_SEED repeats the same choices

    soaked = await soak(_MINUTES, SPEAKERS, seed, print)

    print(f"{soaked.early_mb} MB, later {soaked.late_mb} MB; {soaked.counts}")  # noqa: T201 - the run's result
    assert soaked.counts.lost == 0
    assert soaked.counts.resumes > 0
    assert soaked.growth <= GOAL_GROWTH
