"""The ports on which stages listen."""

import pytest

from infra.errors import SettingsError
from local.listeners import Listener, listeners_of, process_index
from local.stages import STAGES


def edge_listener(setting: str) -> Listener:
    return next(each for each in listeners_of(STAGES["edge"]) if each.setting == setting)


def test_a_listener_has_the_port_and_address_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", "9443")
    monkeypatch.setenv("EDGE_HOST", "0.0.0.0")
    found = edge_listener("EDGE_PORT")
    assert (found.stage, found.host, found.port) == ("edge", "0.0.0.0", 9443)
    assert found.url == "wss://localhost:9443/v1/stream"


def test_zero_means_any_free_port_or_no_port_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", "0")
    monkeypatch.setenv("EDGE_PLAIN_PORT", "0")
    assert edge_listener("EDGE_PORT").port > 0
    off = edge_listener("EDGE_PLAIN_PORT")
    assert (off.port, off.url) == (0, "")
    assert off.elsewhere().port == 0


def test_a_further_process_listens_on_another_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", "9443")
    assert edge_listener("EDGE_PORT").elsewhere().port not in (0, 9443)


def test_an_invalid_port_is_a_settings_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", "70000")
    with pytest.raises(SettingsError, match="EDGE_PORT"):
        listeners_of(STAGES["edge"])


def test_only_stages_with_numbered_processes_get_a_number() -> None:
    assert process_index(STAGES["edge"], 2) == {"EDGE_ORDINAL": "2"}
    assert process_index(STAGES["questions"], 2) == {}
