"""Which model to load, from a setting."""

from dataclasses import dataclass
from pathlib import Path

import httpx
from faster_whisper.utils import available_models, download_model

from infra.errors import SettingsError
from infra.samples import WHISPER_MICRO

_DEMO_NAME = "whisper-micro"
_PREFERRED = ("base.en", "small")
_HINT = (
    "Set TRANSCRIBE_MODEL to a folder with a converted model, to a published name such as base.en, or leave it empty."
)


@dataclass(frozen=True)
class ResolvedModel:
    folder: str
    """Of the converted model."""
    name: str
    """The model's name in facts."""
    is_demo: bool
    """It understands only the bundled recordings."""


def resolve_model(setting: str) -> ResolvedModel:
    """The model on this machine's disk. A published model that is not there yet is downloaded. Raises SettingsError."""
    if not setting:
        return _best_present()
    path = Path(setting).expanduser()
    if (path / "model.bin").is_file():
        is_demo = path.resolve() == WHISPER_MICRO.resolve()
        return ResolvedModel(str(path), _DEMO_NAME if is_demo else path.resolve().name, is_demo)
    if path.exists() or path.is_absolute():
        raise SettingsError(
            f"TRANSCRIBE_MODEL: {setting} is not the folder of a converted Whisper model: it has no model.bin.", _HINT
        )
    return ResolvedModel(_downloaded(setting), setting, is_demo=False)


def _best_present() -> ResolvedModel:
    for name in _PREFERRED:
        try:
            folder = download_model(name, local_files_only=True)
        except FileNotFoundError:
            continue  # Not in this machine's cache, or incomplete.
        if (Path(folder) / "model.bin").is_file():
            return ResolvedModel(folder, name, is_demo=False)
    if not WHISPER_MICRO.is_dir():
        raise SettingsError(
            "TRANSCRIBE_MODEL is empty, and this machine has neither a published model nor the demo model.", _HINT
        )
    return ResolvedModel(str(WHISPER_MICRO), _DEMO_NAME, is_demo=True)


def _downloaded(name: str) -> str:
    try:
        return str(download_model(name))
    except ValueError as error:
        known = ", ".join(available_models())
        raise SettingsError(
            f"TRANSCRIBE_MODEL: {name!r} is neither a folder nor a published model (known: {known}).", _HINT
        ) from error
    except (OSError, httpx.HTTPError) as error:
        raise SettingsError(
            f"TRANSCRIBE_MODEL: the published model {name!r} could not be downloaded: {error}",
            "Check the network, or " + _HINT[0].lower() + _HINT[1:],
        ) from error
