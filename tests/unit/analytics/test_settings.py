"""The settings of analytics, and the edge's ports."""

import pytest

from analytics.settings import AnalyticsSettings
from edge.settings import EdgeSettings
from infra.errors import SettingsError
from infra.settings import EdgePortSettings, load


@pytest.mark.parametrize("plain", [None, "", "0", "9000"])
@pytest.mark.parametrize("port", [None, "", "9443"])
def test_the_ports_are_those_that_the_edge_reads(
    plain: str | None, port: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("EDGE_PLAIN_PORT", plain), ("EDGE_PORT", port)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    edge, ports = load(EdgeSettings), load(EdgePortSettings)
    assert (ports.port, ports.plain_port) == (edge.port, edge.plain_port)


@pytest.mark.parametrize("url", ["https://speak.example.org", "speak.example.org", "wss://a b"])
def test_an_invalid_edge_url_is_rejected(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_EDGE_URL", url)
    with pytest.raises(SettingsError, match="ANALYTICS_EDGE_URL"):
        load(AnalyticsSettings)
