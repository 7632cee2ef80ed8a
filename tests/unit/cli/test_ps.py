import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.ps import ps
from local.run_file import (
    ProcessEntry,
    ProcessState,
    RunFile,
    StackAddresses,
    mark_of,
    run_file_path,
    write_run_file,
)


def invoke(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(ps, ["--data", str(data), *arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Of a stack with one living process, which is this one, and one that waits for its restart."""
    me = mark_of(os.getpid())
    assert me is not None
    edge = ProcessEntry(
        name="edge", state=ProcessState.READY, restarts=2, address="wss://localhost:1", mark=me, health_port=5
    )
    analyze = ProcessEntry(
        name="analyze", state=ProcessState.WAITING, restarts=1, address="", mark=None, health_port=None
    )
    addresses = StackAddresses(page="", edge="", edge_plain="", kafka="", languagetool="")
    run = RunFile(supervisor=me, ready=True, addresses=addresses, processes=(edge, analyze))
    write_run_file(run_file_path(tmp_path), run)
    return tmp_path


def test_json_has_what_is_promised(data: Path) -> None:
    edge, analyze = json.loads(invoke(data, "--json").output)
    assert edge.pop("rss_mb") > 1
    assert edge == {
        "name": "edge",
        "pid": os.getpid(),
        "state": "ready",
        "restarts": 2,
        "address": "wss://localhost:1",
    }
    assert (analyze["pid"], analyze["state"], analyze["rss_mb"]) == (None, "waiting", 0.0)


def test_the_table_has_a_total(data: Path) -> None:
    output = invoke(data).output
    assert "analyze" in output
    assert "supervisor" in output
    assert "total" in output


def test_nothing_runs(tmp_path: Path) -> None:
    assert json.loads(invoke(tmp_path, "--json").output) == []
    assert "No stack runs" in invoke(tmp_path).output
