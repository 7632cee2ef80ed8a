import os
import webbrowser
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner

from cli.open import open as open_page
from infra.errors import Unavailable
from local.run_file import RunFile, StackAddresses, mark_of, run_file_path, write_run_file

SECRET = "a-secret-of-thirty-two-bytes-or-more"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDGE_JWT_SECRET", SECRET)
    me = mark_of(os.getpid())
    assert me is not None
    addresses = StackAddresses(page="http://localhost:9080", edge="", edge_plain="", kafka="", languagetool="")
    write_run_file(run_file_path(tmp_path), RunFile(supervisor=me, ready=True, addresses=addresses, processes=()))
    return tmp_path


@pytest.mark.parametrize("display", ["", ":0"])
def test_the_page_is_printed_with_a_login_and_opened_where_there_is_a_display(
    data: Path, monkeypatch: pytest.MonkeyPatch, display: str
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    address = CliRunner().invoke(open_page, ["--data", str(data), "--user", "anna"]).output.strip()

    page, _, token = address.partition("/#token=")
    assert page == "http://localhost:9080"
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["sub"] == "anna"
    assert opened == ([address] if display else [])


def test_printing_opens_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("opened"))
    monkeypatch.setenv("DISPLAY", ":0")

    assert CliRunner().invoke(open_page, ["--data", str(data), "--print"]).exit_code == 0


def test_without_a_stack_the_hint_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="rostrum up"):
        CliRunner().invoke(open_page, ["--data", str(tmp_path)], catch_exceptions=False)
