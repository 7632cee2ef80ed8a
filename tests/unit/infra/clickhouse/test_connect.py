"""Clients, and the errors when they cannot be made."""

import socket
from pathlib import Path

import pytest

from infra.clickhouse.connect import connector
from infra.clickhouse.settings import ClickHouseSettings
from infra.errors import SettingsError, Unavailable
from infra.settings import load


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = ClickHouseSettings(url=f"http://127.0.0.1:{taken.getsockname()[1]}", query_timeout_s=2)
        with pytest.raises(Unavailable, match="does not answer"):
            connector(settings, tmp_path)()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(SettingsError, match="cannot be made"):
        connector(ClickHouseSettings(url=""), tmp_path / "data")()


@pytest.mark.parametrize("url", ["localhost:8123", "http://user:secret@host:8123", "clickhouse://host"])
def test_an_invalid_address_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", url)
    with pytest.raises(SettingsError, match="CLICKHOUSE_URL") as refused:
        load(ClickHouseSettings)
    assert "secret" not in str(refused.value)


def test_a_database_name_is_an_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_DATABASE", "a; DROP DATABASE b")
    with pytest.raises(SettingsError, match="CLICKHOUSE_DATABASE"):
        load(ClickHouseSettings)
