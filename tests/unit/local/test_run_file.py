import os
from pathlib import Path

import pytest

from local.run_file import (
    ProcessEntry,
    ProcessMark,
    ProcessState,
    RunFile,
    StackAddresses,
    find_process,
    mark_of,
    read_run_file,
    run_file_path,
    running_stack,
    write_run_file,
)

ADDRESSES = StackAddresses(
    page="http://localhost:1", edge="wss://localhost:2", edge_plain="", kafka="", languagetool=""
)


def run_of(mark: ProcessMark) -> RunFile:
    edge = ProcessEntry(
        name="edge", state=ProcessState.READY, restarts=1, address="wss://localhost:2", mark=mark, health_port=3
    )
    return RunFile(supervisor=mark, ready=True, addresses=ADDRESSES, processes=(edge,))


@pytest.fixture
def me() -> ProcessMark:
    mark = mark_of(os.getpid())
    assert mark is not None
    return mark


def test_a_written_run_file_is_read_and_no_draft_is_left_behind(tmp_path: Path, me: ProcessMark) -> None:
    path = run_file_path(tmp_path)
    for _ in range(2):
        write_run_file(path, run_of(me))
    assert read_run_file(path) == run_of(me)
    assert list(tmp_path.iterdir()) == [path]


def test_a_stack_runs_as_long_as_its_supervisor(tmp_path: Path, me: ProcessMark) -> None:
    assert running_stack(tmp_path) is None
    write_run_file(run_file_path(tmp_path), run_of(me))
    assert running_stack(tmp_path) == run_of(me)
    reused = ProcessMark(pid=me.pid, created_s=me.created_s - 1000)
    write_run_file(run_file_path(tmp_path), run_of(reused))
    assert running_stack(tmp_path) is None


def test_a_run_file_of_another_version_is_ignored(tmp_path: Path) -> None:
    run_file_path(tmp_path).write_text('{"pid": 1}')
    assert read_run_file(run_file_path(tmp_path)) is None


def test_a_process_is_identified_by_id_and_start_time(me: ProcessMark) -> None:
    assert find_process(me) is not None
    assert find_process(ProcessMark(pid=me.pid, created_s=me.created_s + 60)) is None
