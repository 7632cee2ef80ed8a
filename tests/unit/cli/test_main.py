import importlib
import sys

import click
import pytest
from click.testing import CliRunner

from cli import main
from infra.errors import RostrumError


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_is_in_the_file_of_its_name(name: str) -> None:
    command = main.rostrum.get_command(click.Context(main.rostrum), name)
    assert isinstance(command, click.Command)
    file = name.replace("-", "_")
    module = importlib.import_module(f"cli.{file}")
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"cli.{file}.command")
    assert command is getattr(module, file)
    assert command.help


def test_help_lists_them() -> None:
    output = CliRunner().invoke(main.rostrum, ["--help"]).output
    assert all(f"  {name}  " in output for name in main.COMMANDS)


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(main.rostrum, ["sing"])
    assert result.exit_code == 2
    assert "sing" in result.output


def test_what_a_person_can_mend_is_said_with_its_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RostrumError("The port [8443] is taken.", "Set EDGE_PORT.")

    monkeypatch.setattr(main, "rostrum", fail)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert err == "The port [8443] is taken.\nSet EDGE_PORT.\n"
    assert out == ""


def test_a_stage_must_be_one() -> None:
    result = CliRunner().invoke(main.rostrum, ["run", "kafka"])
    assert result.exit_code == 2
    assert "transcribe" in result.output


def test_run_becomes_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _program, command: became.append(command))
    assert CliRunner().invoke(main.rostrum, ["run", "questions"]).exit_code == 0
    assert became == [[sys.executable, "-P", "-m", "processors.questions"]]
