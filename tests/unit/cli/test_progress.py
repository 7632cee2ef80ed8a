import io

import pytest
from rich.console import Console

from cli import progress
from cli.progress import ProgressLine


def test_without_a_terminal_a_line_is_printed_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    with ProgressLine(Console(file=output, width=80)) as line:
        line.show("1 of 3 [/]")
        line.show("2 of 3")
        monkeypatch.setattr(progress, "_EVERY_S", 0.0)
        line.show("3 of 3")

    assert output.getvalue() == "1 of 3 [/]\n3 of 3\n"


def test_on_a_terminal_one_line_is_redrawn() -> None:
    output = io.StringIO()
    with ProgressLine(Console(file=output, width=80, force_terminal=True)) as line:
        line.show("1 of 3")
        line.show("2 of 3")
        with line.hidden():
            output.write("a result\n")
        shown = output.getvalue()

    assert "2 of 3" in shown
    before, _, _ = shown.partition("a result")
    assert before.endswith("\x1b[2K"), "the line was erased before the result"
