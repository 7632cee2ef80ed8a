from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.errors import SettingsError
from infra.kafka.settings import KafkaSettings
from infra.settings import StageSettings, load


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_invalid_setting_is_named_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", "99999")
    with pytest.raises(SettingsError, match=r"KAFKA_PORT: .*99999.*table of settings"):
        load(KafkaSettings)


def test_an_invalid_secret_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "hunter2")
    with pytest.raises(SettingsError) as refused:
        load(KafkaSettings)
    assert "KAFKA_SECURITY_PROTOCOL" in str(refused.value)
    assert "given" not in str(refused.value)


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTH_PORT", "")
    assert load(StageSettings).health_port == 0


def test_the_environment_takes_precedence_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("LOG_LEVEL=error\nSHUTDOWN_TIMEOUT_S=3\n")
    monkeypatch.setenv("LOG_LEVEL", "debug")
    settings = load(StageSettings)
    assert (settings.log_level, settings.shutdown_timeout_s) == ("debug", 3.0)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        StageSettings().log_level = "debug"  # type: ignore[misc]  # that it is refused is the point


def test_a_setting_of_an_old_name_stops_the_process_with_the_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("TRANSCRIBE_VOICE=off\n")
    monkeypatch.setenv("EDGE_SPEED", "4")
    with pytest.raises(SettingsError, match="EDGE_SPEED is EDGE_MAX_INGEST_RATE, TRANSCRIBE_VOICE is TRANSCRIBE_VAD"):
        load(StageSettings)
