"""The supervisor with small real processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from infra.errors import RostrumError, SettingsError
from local.orphans import kill_orphans
from local.plan import STOP_ORDER, Layer, ProcessPlan
from local.process import ManagedProcess
from local.run_file import (
    ProcessEntry,
    ProcessState,
    RunFile,
    mark_of,
    read_run_file,
    run_file_path,
    write_run_file,
)
from local.supervisor import STOP_REPEAT_S, Supervisor
from tests.support.supervised.fake_stack import ADDRESSES, RecordingObserver, events, fake, nothing, supervisor
from tests.support.waiting import DEADLINE_S, until


def run_file(data: Path) -> RunFile:
    run = read_run_file(run_file_path(data))
    assert run is not None
    return run


def entry(data: Path, name: str) -> ProcessEntry:
    return next(entry for entry in run_file(data).processes if entry.name == name)


def pid(data: Path, name: str) -> int:
    mark = entry(data, name).mark
    assert mark is not None
    return mark.pid


@asynccontextmanager
async def running(
    plans: Sequence[ProcessPlan],
    data: Path,
    observer: RecordingObserver,
    on_broker_ready: Callable[[], Awaitable[None]] = nothing,
) -> AsyncIterator[Supervisor]:
    stack = supervisor(plans, data, observer, on_broker_ready)
    task = asyncio.create_task(stack.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            await observer.is_up.wait()
        yield stack
    finally:
        stack.request_stop()
        await task


def whole(data: Path) -> list[ProcessPlan]:
    layers = {"edge": Layer.EDGE, "kafka": Layer.BROKER, "analyze": Layer.STAGE, "languagetool": Layer.SERVICE}
    return [fake(data, name, layer) for name, layer in layers.items()]


async def test_layers_start_and_stop_in_order(tmp_path: Path) -> None:
    async def on_broker_ready() -> None:
        assert "kafka started" in events(tmp_path)
        assert "edge started" not in events(tmp_path)

    async with running(whole(tmp_path), tmp_path, RecordingObserver(), on_broker_ready):
        assert run_file(tmp_path).ready
        assert {process.state for process in run_file(tmp_path).processes} == {ProcessState.READY}
    told = events(tmp_path)
    assert set(told[:2]) == {"kafka started", "languagetool started"}
    assert told[4] == "edge ended"
    assert set(told[5:7]) == {"analyze ended", "languagetool ended"}
    assert told[7:] == ["kafka ended"]
    assert {process.state for process in run_file(tmp_path).processes} == {ProcessState.STOPPED}


async def test_a_process_that_dies_is_restarted_soon(tmp_path: Path) -> None:
    observer = RecordingObserver()
    async with running(whole(tmp_path), tmp_path, observer):
        for times in (1, 2):
            os.kill(pid(tmp_path, "edge"), signal.SIGKILL)
            await until(lambda: entry(tmp_path, "edge").restarts == times)  # noqa: B023 - awaited in the same turn
            await until(lambda: entry(tmp_path, "edge").state is ProcessState.READY)
        assert entry(tmp_path, "analyze").restarts == 0
    assert [(name, code) for name, code, _ in observer.exits] == [("edge", -signal.SIGKILL)] * 2
    assert observer.exits[0][2] <= 0.5
    assert observer.exits[1][2] > observer.exits[0][2]


async def test_wrong_settings_stop_the_stack_with_their_message(tmp_path: Path) -> None:
    wrong = fake(tmp_path, "edge", Layer.EDGE, "--say", "edge: EDGE_PORT is odd. Make it even.", "--exit", "78")
    stack = supervisor([fake(tmp_path, "kafka", Layer.BROKER), wrong], tmp_path, RecordingObserver())
    with pytest.raises(SettingsError, match=r"EDGE_PORT is odd\. Make it even"):
        await asyncio.wait_for(stack.run(), DEADLINE_S)
    assert events(tmp_path)[-1] == "kafka ended"
    assert events(tmp_path).count("edge started") == 1


async def test_a_stack_whose_topics_cannot_be_created_goes_down(tmp_path: Path) -> None:
    async def on_broker_ready() -> None:
        raise RostrumError("No topics.", "Make some.")

    stack = supervisor(whole(tmp_path), tmp_path, RecordingObserver(), on_broker_ready)
    with pytest.raises(RostrumError, match="No topics"):
        await asyncio.wait_for(stack.run(), DEADLINE_S)
    assert "edge started" not in events(tmp_path)
    assert "kafka ended" in events(tmp_path)


async def test_a_stack_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    observer = RecordingObserver()
    dying = fake(tmp_path, "kafka", Layer.BROKER, "--say", "disk ERROR", "--exit", "1")
    stack = supervisor([dying, fake(tmp_path, "edge", Layer.EDGE)], tmp_path, observer)
    task = asyncio.create_task(stack.run())
    await until(lambda: len(observer.exits) >= 2)
    stack.request_stop()
    await asyncio.wait_for(task, DEADLINE_S)
    assert observer.problems[0] == ("kafka", "error", "disk ERROR")
    assert "edge started" not in events(tmp_path)


async def test_a_process_that_ignores_sigterm_is_killed_with_all_it_started(tmp_path: Path) -> None:
    plan = fake(tmp_path, "edge", Layer.EDGE, "--deaf", "--child")
    process = ManagedProcess(plan, tmp_path / "edge.log", RecordingObserver(), lambda: None)
    task = asyncio.create_task(process.supervise())
    await asyncio.wait_for(process.ready_once.wait(), DEADLINE_S)
    await process.stop(within_s=0.3)
    await task
    started = next(int(event.split()[-1]) for event in events(tmp_path) if "child" in event)
    await until(lambda: not alive(started))


async def test_a_second_stop_request_later_kills_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.supervisor.STOP_ORDER", [(layers, 10 * DEADLINE_S) for layers, _ in STOP_ORDER])
    plans = [fake(tmp_path, "kafka", Layer.BROKER, "--deaf"), fake(tmp_path, "edge", Layer.EDGE, "--deaf")]
    async with running(plans, tmp_path, RecordingObserver()) as stack:
        stack.request_stop()
        stack.request_stop()
        await asyncio.sleep(STOP_REPEAT_S + 0.1)
        assert alive(pid(tmp_path, "kafka"))


def alive(number: int) -> bool:
    return psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next `up` ends them: see the test below")
async def test_kill_9_of_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.supervised.fake_stack", tmp_path
    )
    try:
        await until(lambda: run_file_path(tmp_path).exists() and run_file(tmp_path).ready)
        pids = [pid(tmp_path, "kafka"), pid(tmp_path, "edge")]
        assert all(alive(number) for number in pids)
    finally:
        program.kill()
        await program.wait()
    await until(lambda: not any(alive(number) for number in pids))


def test_orphans_are_killed_before_the_next_start(tmp_path: Path) -> None:
    left = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    mine = mark_of(os.getpid())
    assert mine is not None
    # A process id of an earlier start of the machine, which is ours by now.
    reused = mine.model_copy(update={"created_s": mine.created_s - 1000})
    processes = tuple(
        ProcessEntry(name=name, state=ProcessState.READY, restarts=0, address="", mark=mark, health_port=None)
        for name, mark in (("edge", mark_of(left.pid)), ("analyze", reused), ("questions", None))
    )
    run = RunFile(supervisor=reused, ready=True, addresses=ADDRESSES, processes=processes)
    write_run_file(run_file_path(tmp_path), run)
    assert kill_orphans(tmp_path) == ["edge"]
    left.wait(DEADLINE_S)
    assert not alive(left.pid)


def test_without_a_run_file_there_are_no_orphans(tmp_path: Path) -> None:
    assert kill_orphans(tmp_path) == []
