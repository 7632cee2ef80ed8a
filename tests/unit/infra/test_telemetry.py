import json
import logging

import pytest

from infra.telemetry import configure_logging, get_logger


@pytest.fixture(autouse=True)
def _restored_logging() -> object:
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, level = before[0], before[1]
    root.setLevel(level)


def test_the_stage_is_logged_and_secrets_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("edge", "info", "json")
    get_logger("t").info("refused", session_id="s1", resume_token="abc.def", reason="expired")
    line = json.loads(capsys.readouterr().err)
    assert line["resume_token"] == "[redacted]"
    assert (line["stage"], line["session_id"], line["event"], line["level"]) == ("edge", "s1", "refused", "info")


def test_lines_below_the_level_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("edge", "warning", "json")
    get_logger("t").info("not worth it")
    assert capsys.readouterr().err == ""
