"""Which model a setting means."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from infra.errors import SettingsError
from infra.samples import WHISPER_MICRO
from processors.transcribe.adapters.models import ResolvedModel, model_on_disk, resolve_model
from processors.transcribe.settings import TranscribeSettings
from tests.support.models.fake_hub import FILES, FakeHub, hub_running


def converted(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.bin").touch()
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with hub_running(FakeHub({"Systran/faster-whisper-small": FILES})) as running:
        monkeypatch.setattr(constants, "ENDPOINT", running.url)
        yield running


def test_by_default_it_is_a_recogniser_for_voices(tmp_path: Path) -> None:
    folder = converted(tmp_path / "models" / "tiny.en")
    assert resolve_model(TranscribeSettings().model, tmp_path) == ResolvedModel(str(folder), "tiny.en", is_demo=False)


def test_a_folder_is_used_as_it_is(tmp_path: Path) -> None:
    folder = converted(tmp_path / "mine")
    assert resolve_model(str(folder)) == ResolvedModel(str(folder), "mine", is_demo=False)


@pytest.mark.parametrize("setting", ["whisper-micro", str(WHISPER_MICRO)])
def test_the_tests_recogniser_is_known_by_name_and_folder(setting: str) -> None:
    assert resolve_model(setting) == ResolvedModel(str(WHISPER_MICRO), "whisper-micro", is_demo=True)


def test_a_published_model_is_downloaded_once(hub: FakeHub, tmp_path: Path) -> None:
    expected = ResolvedModel(str(tmp_path / "models" / "small"), "small", is_demo=False)
    assert model_on_disk("small", tmp_path) is None
    assert resolve_model("small", tmp_path) == model_on_disk("small", tmp_path) == expected
    assert hub.requests


def test_a_folder_named_like_a_published_model_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    folder = converted(tmp_path / "cache" / "models" / "base")
    assert resolve_model("base", tmp_path / "cache").folder == str(folder)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("/no/such/folder", "no model.bin"),
        ("samples", "no model.bin"),
        ("bass.en", "'bass.en' is neither"),
        ("base.en", "could not be downloaded"),
    ],
)
def test_a_setting_that_is_not_a_model_is_an_error(hub: FakeHub, tmp_path: Path, setting: str, says: str) -> None:
    with pytest.raises(SettingsError, match="TRANSCRIBE_MODEL") as raised:
        resolve_model(setting, tmp_path)
    assert says in raised.value.message
    assert hub.repositories
