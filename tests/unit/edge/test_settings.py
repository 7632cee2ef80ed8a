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


def test_a_certificate_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_TLS_CERT", "chain.pem")
    with pytest.raises(SettingsError, match="EDGE_TLS_CERT and EDGE_TLS_KEY go together"):
        load(EdgeSettings)


def test_a_port_must_be_in_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", "70000")
    with pytest.raises(SettingsError, match="EDGE_PORT"):
        load(EdgeSettings)


def test_without_tls_beyond_loopback_needs_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PLAIN_HOST", "0.0.0.0")
    with pytest.raises(SettingsError, match="EDGE_TRUSTED_PROXIES"):
        load(EdgeSettings)
    monkeypatch.setenv("EDGE_TRUSTED_PROXIES", "10.0.0.0/8, fd00::1")
    assert len(load(EdgeSettings).handshake_rules.proxies) == 2
    monkeypatch.setenv("EDGE_PLAIN_PORT", "0")
    monkeypatch.delenv("EDGE_TRUSTED_PROXIES")
    load(EdgeSettings)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1"])
def test_loopback_has_many_names(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("EDGE_PLAIN_HOST", host)
    assert load(EdgeSettings).plain_host == host


def test_a_proxy_is_an_address_or_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_TRUSTED_PROXIES", "10.0.0.1, proxy.example")
    with pytest.raises(SettingsError, match="EDGE_TRUSTED_PROXIES"):
        load(EdgeSettings)


def test_origins_are_compared_without_case_and_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_ALLOWED_ORIGINS", "https://Speak.example/, http://localhost:8080")
    assert load(EdgeSettings).handshake_rules.origins == ("https://speak.example", "http://localhost:8080")
