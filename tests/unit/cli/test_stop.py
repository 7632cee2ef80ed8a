import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import stop as stop_command
from cli.stop import stop
from infra.errors import RostrumError
from local.run_file import RunFile, StackAddresses, mark_of, run_file_path, write_run_file

NOWHERE = StackAddresses(page="", edge="", edge_plain="", kafka="", languagetool="")
OBEDIENT = (
    "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(7)); print(1, flush=True); signal.pause()"
)
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); signal.pause()"


@pytest.fixture
def supervisor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that the run file names as the supervisor."""
    process = subprocess.Popen([sys.executable, "-c", request.param], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    mark = mark_of(process.pid)
    assert mark is not None
    write_run_file(run_file_path(tmp_path), RunFile(supervisor=mark, ready=True, addresses=NOWHERE, processes=()))
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("supervisor", [OBEDIENT], indirect=True)
def test_the_supervisor_is_interrupted_as_by_ctrl_c(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    result = CliRunner().invoke(stop, ["--data", str(tmp_path)])

    assert result.exit_code == 0
    assert "Stopped after" in result.output
    assert supervisor.poll() is not None


@pytest.mark.parametrize("supervisor", [DEAF], indirect=True)
def test_one_that_goes_on_is_named(
    supervisor: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop_command, "_WITHIN_S", 0.1)

    with pytest.raises(RostrumError, match=str(supervisor.pid)):
        CliRunner().invoke(stop, ["--data", str(tmp_path)], catch_exceptions=False)

    supervisor.send_signal(signal.SIGKILL)


def test_where_no_stack_runs_there_is_nothing_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(stop, ["--data", str(tmp_path)])

    assert result.exit_code == 0
    assert f"No stack runs on {tmp_path}" in result.output
