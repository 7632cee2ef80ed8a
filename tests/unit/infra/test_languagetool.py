"""The address of LanguageTool."""

import pytest

from infra.errors import SettingsError
from infra.languagetool import LanguageToolSettings
from infra.settings import load


@pytest.mark.parametrize(
    ("url", "port", "address", "local"),
    [
        ("", "", "http://127.0.0.1:8081", True),
        ("", "9999", "http://127.0.0.1:9999", True),
        ("https://grammar.example.org/lt/", "9999", "https://grammar.example.org/lt", False),
    ],
)
def test_address(monkeypatch: pytest.MonkeyPatch, url: str, port: str, address: str, local: bool) -> None:
    monkeypatch.setenv("LANGUAGETOOL_URL", url)
    monkeypatch.setenv("LANGUAGETOOL_PORT", port)
    settings = load(LanguageToolSettings)
    assert (settings.address, settings.is_local) == (address, local)


def test_an_address_without_a_scheme_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGETOOL_URL", "grammar.example.org")
    with pytest.raises(SettingsError, match="LANGUAGETOOL_URL"):
        load(LanguageToolSettings)
