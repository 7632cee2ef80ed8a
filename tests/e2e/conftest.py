"""One stack for the run; sessions that do not disturb each other share it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes.stack import Stack, stack_running
from tests.support.waiting import DEADLINE_S

GRACE_S = 6


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    # Everybody may speak and nobody is told to come back, however slow this machine is.
    patient = {"EDGE_ADMISSION_MAX_LAG_S": "0", "EDGE_PRODUCE_TIMEOUT_S": str(DEADLINE_S)}
    with stack_running(folder, SESSION_GRACE_S=str(GRACE_S), **patient) as running:
        yield running
