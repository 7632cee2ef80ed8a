import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.logs import LogTail, logs, readable
from infra.errors import RostrumError

AT = "2026-11-28T12:36:05.536067Z"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    entries = [
        {"event": "closed", "level": "info", "timestamp": AT, "stage": "edge", "code": number} for number in range(30)
    ]
    (folder / "edge.log").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    (folder / "edge-2.log").write_text("second edge\n")
    (folder / "kafka.log").write_text("[2026] INFO started\n")
    return tmp_path


def invoke(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(logs, ["--data", str(data), *arguments])


def test_the_newest_lines_of_all_processes_bear_their_names(data: Path) -> None:
    lines = invoke(data, "-n", "2").output.splitlines()

    assert lines == [
        "edge   | 2026-11-28 12:36:05.536 info     closed code=28",
        "edge   | 2026-11-28 12:36:05.536 info     closed code=29",
        "edge-2 | second edge",
        "kafka  | [2026] INFO started",
    ]


def test_one_process_is_asked_for_by_its_name_and_several_by_their_stage(data: Path) -> None:
    assert invoke(data, "kafka").output == "[2026] INFO started\n"
    assert "edge-2 | second edge" in invoke(data, "edge").output


def test_raw_lines_are_those_of_the_file(data: Path) -> None:
    (line,) = invoke(data, "kafka", "--raw").output.splitlines()
    assert line == "[2026] INFO started"
    assert json.loads(invoke(data, "edge", "--raw", "-n", "1").output.splitlines()[0].partition("| ")[2])["code"] == 29


def test_an_unknown_name_is_told_which_there_are(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RostrumError, match="edge, edge-2, kafka"):
        CliRunner().invoke(logs, ["--data", str(data), "sing"], catch_exceptions=False)
    with pytest.raises(RostrumError, match="rostrum up"):
        CliRunner().invoke(logs, ["--data", str(tmp_path / "empty")], catch_exceptions=False)


def test_following_gives_whole_lines_and_goes_on_in_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "edge.log"
    path.write_text("one\ntw")
    tail = LogTail(path, 0, raw=True)
    assert list(tail.last(5)) == ["one"]

    with path.open("a") as file:
        file.write("o\nthree\n")
    assert list(tail.new()) == ["two", "three"]

    path.write_text("new\n")
    assert list(tail.new()) == ["new"]
    tail.close()


def test_what_is_no_json_and_an_exception_are_shown_as_they_are() -> None:
    assert readable("{half") == "{half"
    entry = {"event": "failed", "level": "error", "timestamp": AT, "exception": "Trace\nback"}
    assert readable(json.dumps(entry)) == "2026-11-28 12:36:05.536 error    failed\nTrace\nback"
