"""The page is told what the edge reads."""

import pytest

from analytics.settings import AnalyticsSettings
from edge.settings import EdgeSettings
from infra.errors import SettingsError
from infra.settings import EdgePortSettings, load


@pytest.mark.parametrize("plain", [None, "", "0", "9000"])
@pytest.mark.parametrize("port", [None, "", "9443"])
def test_ports_are_those_of_the_edge(plain: str | None, port: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("EDGE_PLAIN_PORT", plain), ("EDGE_PORT", port)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    edge, told = load(EdgeSettings), load(EdgePortSettings)
    assert (told.port, told.plain_port) == (edge.port, edge.plain_port)


@pytest.mark.parametrize("url", ["https://speak.example.org", "speak.example.org", "wss://a b"])
def test_an_edge_address_that_is_none(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_EDGE_URL", url)
    with pytest.raises(SettingsError, match="ANALYTICS_EDGE_URL"):
        load(AnalyticsSettings)
