"""Stages as processes: signals, the deadline, exit codes."""

import signal
import subprocess
import sys

import pytest

from tests.support.waiting import DEADLINE_S

PROGRAM = """
import asyncio
from infra.errors import SettingsError, Unavailable
from infra.lifecycle import Stage, run_stage

async def serve(stage: Stage) -> None:
    {body}

run_stage("probe", serve)
"""


def _start(body: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ".", "LOG_FORMAT": "json", **environment},
    )


def _wait_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    assert '"event": "ready"' in process.stderr.readline()


def test_sigterm_lets_the_work_finish() -> None:
    with _start(
        "stage.ready(); await stage.stopping.wait(); print('flushed', file=__import__('sys').stderr)"
    ) as process:
        _wait_ready(process)
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert "flushed" in logs


def test_work_that_does_not_end_is_cancelled_at_the_deadline() -> None:
    with _start("stage.ready(); await asyncio.sleep(3600)", SHUTDOWN_TIMEOUT_S="0.3") as process:
        _wait_ready(process)
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=DEADLINE_S)
    assert "deadline passed" in logs
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("body", "environment", "code", "said"),
    [
        ("raise Unavailable('The broker is gone.', 'Start it.')", {}, 1, "Start it."),
        ("raise SettingsError('EDGE_PORT is taken.', 'Choose another.')", {}, 78, "Choose another."),
        ("pass", {"SHUTDOWN_TIMEOUT_S": "soon"}, 78, "SHUTDOWN_TIMEOUT_S"),
    ],
)
def test_failures_are_reported_with_the_fix(body: str, environment: dict[str, str], code: int, said: str) -> None:
    with _start(body, **environment) as process:
        _, logs = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == code
    assert said in logs
    assert "Traceback" not in logs
