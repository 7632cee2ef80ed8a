"""One stack for the run; sessions that do not disturb each other share it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes.stack import Stack, stack_running

GRACE_S = 6


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    with stack_running(folder, SESSION_GRACE_S=str(GRACE_S), EDGE_ADMISSION_MAX_LAG_S="0") as running:
        yield running
