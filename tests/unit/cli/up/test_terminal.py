import io
from pathlib import Path

import pytest
from rich.console import Console

from cli.up.terminal import Terminal, Welcome
from local.recogniser import RecogniserInfo
from local.run_file import StackAddresses
from processors.transcribe.settings import DEMO_MESSAGE

ADDRESSES = StackAddresses(
    page="http://localhost:8080",
    edge="wss://localhost:8443/v1/stream",
    edge_plain="ws://127.0.0.1:8444/v1/stream",
    kafka="",
    languagetool="",
)


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def terminal(output: io.StringIO) -> Terminal:
    console = Console(file=output, soft_wrap=True, highlight=False)
    return Terminal(Welcome(ADDRESSES, "a.long.token", DEMO_MESSAGE, "", Path("/data/logs")), console)


def test_once_up_it_says_where_and_with_what(terminal: Terminal, output: io.StringIO) -> None:
    terminal.up()
    for told in (
        "http://localhost:8080/#token=a.long.token\n",
        "wss://localhost:8443/v1/stream\n",
        "ws://127.0.0.1:8444/v1/stream\n",
        " a.long.token\n",
        "whisper-micro, the tests' recogniser: understands only its own recordings.",
        "LLM_BASE_URL",
        "/data/logs\n",
    ):
        assert told in output.getvalue()


def test_a_real_recogniser_is_named() -> None:
    assert RecogniserInfo(name="base.en", is_demo=False).description == "base.en"


def test_a_death_is_told_with_its_last_words(terminal: Terminal, output: io.StringIO) -> None:
    terminal.exited("edge", 1, [f"line {number}" for number in range(9)], 0.5)
    assert "edge ended with status 1; restarting it in 0.5 s" in output.getvalue()
    assert "line 8" in output.getvalue()
    assert "line 3" not in output.getvalue()


def test_a_killed_process_has_no_last_words(terminal: Terminal, output: io.StringIO) -> None:
    terminal.exited("edge", -9, ["busy"], 0.25)
    assert "killed by signal 9" in output.getvalue()
    assert "busy" not in output.getvalue()


def test_a_flood_of_warnings_is_cut(terminal: Terminal, output: io.StringIO) -> None:
    for number in range(50):
        terminal.logged("edge", "warning", f"[{number}]")
    terminal.logged("analyze", "error", "[something else]")
    assert output.getvalue().count("edge: warning") < 10
    assert "analyze: error: [something else]" in output.getvalue()
