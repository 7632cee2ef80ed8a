"""Settings of the language model."""

import subprocess
import sys

import pytest

from infra.errors import SettingsError
from infra.llm.settings import LlmSettings
from infra.settings import load


def test_without_an_address_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_BASE_URL", raising=False)
    assert not load(LlmSettings).enabled


def test_an_address_enables_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_BASE_URL", "http://localhost:11434/v1")
    monkeypatch.setenv("LLM_API_KEY", "a secret")
    settings = load(LlmSettings)
    assert settings.enabled
    assert "a secret" not in repr(settings)


@pytest.mark.parametrize(("name", "value"), [("LLM_BASE_URL", "localhost:8000"), ("LLM_REQUEST_TIMEOUT_S", "0")])
def test_an_invalid_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load(LlmSettings)


@pytest.mark.parametrize("stage", ["questions", "analyze"])
def test_langchain_is_not_loaded_before_there_is_a_model(stage: str) -> None:
    check = f"import processors.{stage}.__main__, sys; sys.exit(any(m.startswith('langchain') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
