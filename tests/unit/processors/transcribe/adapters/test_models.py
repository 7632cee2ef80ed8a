"""Which model a setting means."""

from pathlib import Path

import pytest
from faster_whisper.utils import available_models

from infra.errors import SettingsError
from infra.samples import WHISPER_MICRO
from processors.transcribe.adapters import models
from processors.transcribe.adapters.models import ResolvedModel, resolve_model


class Hub:
    """Stands where faster-whisper's download is: some models are in the cache, some could be fetched."""

    def __init__(self, folder: Path, cached: tuple[str, ...] = (), fetchable: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.cached = cached
        self.fetchable = fetchable

    def download(self, name: str, local_files_only: bool = False) -> str:
        if name not in available_models():
            raise ValueError(f"Invalid model size '{name}'")
        if name in self.cached or (name in self.fetchable and not local_files_only):
            return str(converted(self.folder / name))
        raise FileNotFoundError(name) if local_files_only else ConnectionError("no network")


def converted(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.bin").touch()
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub(tmp_path)
    monkeypatch.setattr(models, "download_model", hub.download)
    return hub


def test_empty_means_the_demo_where_there_is_no_other(hub: Hub) -> None:
    assert hub.cached == ()
    assert resolve_model("") == ResolvedModel(str(WHISPER_MICRO), "whisper-micro", is_demo=True)


@pytest.mark.parametrize(("cached", "name"), [(("small",), "small"), (("small", "base.en"), "base.en")])
def test_empty_means_a_published_model_that_is_there(hub: Hub, cached: tuple[str, ...], name: str) -> None:
    hub.cached = cached
    assert resolve_model("") == ResolvedModel(str(hub.folder / name), name, is_demo=False)


def test_a_folder_is_used_as_it_is(tmp_path: Path) -> None:
    folder = converted(tmp_path / "mine")
    assert resolve_model(str(folder)) == ResolvedModel(str(folder), "mine", is_demo=False)


def test_the_demo_is_recognised_by_its_folder() -> None:
    assert resolve_model(str(WHISPER_MICRO)) == ResolvedModel(str(WHISPER_MICRO), "whisper-micro", is_demo=True)


def test_a_published_model_is_downloaded(hub: Hub) -> None:
    hub.fetchable = ("base.en",)
    assert resolve_model("base.en") == ResolvedModel(str(hub.folder / "base.en"), "base.en", is_demo=False)


@pytest.mark.parametrize(
    ("setting", "says"),
    [("/no/such/folder", "no model.bin"), ("bass.en", "'bass.en' is neither"), ("base.en", "could not be downloaded")],
)
@pytest.mark.usefixtures("hub")
def test_a_setting_that_is_not_a_model_is_an_error(setting: str, says: str) -> None:
    with pytest.raises(SettingsError, match="TRANSCRIBE_MODEL") as raised:
        resolve_model(setting)
    assert says in raised.value.message
