"""The limit on open files is raised as far as the system allows."""

import resource
from collections.abc import Iterator

import pytest

from edge.adapters.open_files import raise_open_file_limit


@pytest.fixture
def hard() -> Iterator[int]:
    """The hard limit. During the test the soft limit is low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def allowed() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_the_limit_covers_connections_and_other_files(hard: int) -> None:
    assert hard > 1000 + 256, "this machine allows too little to tell"
    raise_open_file_limit(1000)
    assert allowed() == 1256


def test_the_limit_stays_within_the_systems_and_is_never_lowered(hard: int, capsys: pytest.CaptureFixture[str]) -> None:
    raise_open_file_limit(10)
    assert allowed() == 266
    raise_open_file_limit(hard)
    assert allowed() == hard
    assert "EDGE_MAX_CONNECTIONS" in capsys.readouterr().out
    raise_open_file_limit(10)
    assert allowed() == hard
    raise_open_file_limit(0)
    assert allowed() == hard
