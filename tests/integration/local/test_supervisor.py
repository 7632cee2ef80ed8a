"""The supervisor with real processes, small ones."""

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
from local.orphans import end_leftovers
from local.plan import STOP_ORDER, Layer, ProcessPlan
from local.process import Child
from local.run_file import (
    ProcessEntry,
    ProcessState,
    RunFile,
    mark_of,
    read_run_file,
    run_file_path,
    write_run_file,
)
from local.supervisor import AGAIN_S, Supervisor
from tests.support.supervised.fake_stack import ADDRESSES, Seen, events, fake, nothing, supervisor
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
    plans: Sequence[ProcessPlan], data: Path, seen: Seen, lay_ground: Callable[[], Awaitable[None]] = nothing
) -> AsyncIterator[Supervisor]:
    stack = supervisor(plans, data, seen, lay_ground)
    task = asyncio.create_task(stack.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            await seen.is_up.wait()
        yield stack
    finally:
        stack.request_stop()
        await task


def whole(data: Path) -> list[ProcessPlan]:
    layers = {"edge": Layer.DOOR, "kafka": Layer.BROKER, "analyze": Layer.STAGE, "languagetool": Layer.SERVICE}
    return [fake(data, name, layer) for name, layer in layers.items()]


async def test_up_in_order_and_down_in_order(tmp_path: Path) -> None:
    async def lay_ground() -> None:
        assert "kafka started" in events(tmp_path)
        assert "edge started" not in events(tmp_path)

    async with running(whole(tmp_path), tmp_path, Seen(), lay_ground):
        assert run_file(tmp_path).ready
        assert {process.state for process in run_file(tmp_path).processes} == {ProcessState.READY}
    told = events(tmp_path)
    assert set(told[:2]) == {"kafka started", "languagetool started"}
    assert told[4] == "edge ended"
    assert set(told[5:7]) == {"analyze ended", "languagetool ended"}
    assert told[7:] == ["kafka ended"]
    assert {process.state for process in run_file(tmp_path).processes} == {ProcessState.STOPPED}


async def test_what_dies_is_started_again_soon(tmp_path: Path) -> None:
    seen = Seen()
    async with running(whole(tmp_path), tmp_path, seen):
        for times in (1, 2):
            os.kill(pid(tmp_path, "edge"), signal.SIGKILL)
            await until(lambda: entry(tmp_path, "edge").restarts == times)  # noqa: B023 - awaited in the same turn
            await until(lambda: entry(tmp_path, "edge").state is ProcessState.READY)
        assert entry(tmp_path, "analyze").restarts == 0
    assert [(name, code) for name, code, _ in seen.deaths] == [("edge", -signal.SIGKILL)] * 2
    assert seen.deaths[0][2] <= 0.5
    assert seen.deaths[1][2] > seen.deaths[0][2]


async def test_wrong_settings_stop_the_stack_with_their_message(tmp_path: Path) -> None:
    wrong = fake(tmp_path, "edge", Layer.DOOR, "--say", "edge: EDGE_PORT is odd. Make it even.", "--exit", "78")
    stack = supervisor([fake(tmp_path, "kafka", Layer.BROKER), wrong], tmp_path, Seen())
    with pytest.raises(SettingsError, match=r"EDGE_PORT is odd\. Make it even"):
        await asyncio.wait_for(stack.run(), DEADLINE_S)
    assert events(tmp_path)[-1] == "kafka ended"
    assert events(tmp_path).count("edge started") == 1


async def test_a_stack_without_its_ground_goes_down(tmp_path: Path) -> None:
    async def lay_ground() -> None:
        raise RostrumError("No topics.", "Make some.")

    stack = supervisor(whole(tmp_path), tmp_path, Seen(), lay_ground)
    with pytest.raises(RostrumError, match="No topics"):
        await asyncio.wait_for(stack.run(), DEADLINE_S)
    assert "edge started" not in events(tmp_path)
    assert "kafka ended" in events(tmp_path)


async def test_it_can_be_stopped_while_it_comes_up(tmp_path: Path) -> None:
    seen = Seen()
    dying = fake(tmp_path, "kafka", Layer.BROKER, "--say", "disk ERROR", "--exit", "1")
    stack = supervisor([dying, fake(tmp_path, "edge", Layer.DOOR)], tmp_path, seen)
    task = asyncio.create_task(stack.run())
    await until(lambda: len(seen.deaths) >= 2)
    stack.request_stop()
    await asyncio.wait_for(task, DEADLINE_S)
    assert seen.notices[0] == ("kafka", "error", "disk ERROR")
    assert "edge started" not in events(tmp_path)


async def test_who_does_not_hear_is_killed_with_all_it_started(tmp_path: Path) -> None:
    plan = fake(tmp_path, "edge", Layer.DOOR, "--deaf", "--child")
    child = Child(plan, tmp_path / "edge.log", Seen(), lambda: None)
    task = asyncio.create_task(child.supervise())
    await asyncio.wait_for(child.ready_once.wait(), DEADLINE_S)
    await child.stop(within_s=0.3)
    await task
    started = next(int(event.split()[-1]) for event in events(tmp_path) if "child" in event)
    await until(lambda: not alive(started))


async def test_asked_again_later_it_stops_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.supervisor.STOP_ORDER", [(layers, 10 * DEADLINE_S) for layers, _ in STOP_ORDER])
    plans = [fake(tmp_path, "kafka", Layer.BROKER, "--deaf"), fake(tmp_path, "edge", Layer.DOOR, "--deaf")]
    async with running(plans, tmp_path, Seen()) as stack:
        stack.request_stop()
        stack.request_stop()
        await asyncio.sleep(AGAIN_S + 0.1)
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


def test_leftovers_are_ended_before_the_next_start(tmp_path: Path) -> None:
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
    assert end_leftovers(tmp_path) == ["edge"]
    left.wait(DEADLINE_S)
    assert not alive(left.pid)


def test_without_a_run_file_nothing_is_left_over(tmp_path: Path) -> None:
    assert end_leftovers(tmp_path) == []
