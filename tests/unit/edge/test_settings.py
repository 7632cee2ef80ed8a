"""The edge's settings, as the environment gives them."""

import pytest

from edge.settings import EdgeSettings
from infra.errors import SettingsError
from infra.settings import load


def test_defaults() -> None:
    settings = load(EdgeSettings)
    assert (settings.host, settings.port, settings.plain_port, settings.ordinal) == ("127.0.0.1", 8443, 8444, 0)


@pytest.mark.parametrize("value", ["", "0"])
def test_the_plain_port_can_be_left_out(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EDGE_PLAIN_PORT", value)
    assert load(EdgeSettings).plain_port == 0


def test_other_empty_values_mean_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EDGE_PORT", "EDGE_HOST", "EDGE_ORDINAL", "EDGE_TLS_CERT", "EDGE_RESUME_SECRET"):
        monkeypatch.setenv(name, "")
    assert load(EdgeSettings) == EdgeSettings()


def test_a_certificate_without_its_key_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_TLS_CERT", "chain.pem")
    with pytest.raises(SettingsError, match="EDGE_TLS_CERT and EDGE_TLS_KEY go together"):
        load(EdgeSettings)


def test_no_port_is_beyond_what_ports_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", "70000")
    with pytest.raises(SettingsError, match="EDGE_PORT"):
        load(EdgeSettings)
