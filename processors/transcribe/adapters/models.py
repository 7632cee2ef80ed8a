"""Which model to load, from a setting."""

from dataclasses import dataclass
from pathlib import Path

from infra.errors import RostrumError, SettingsError
from infra.samples import WHISPER_MICRO
from infra.settings import LocalSettings, load
from infra.speech_models.catalogue import PUBLISHED
from infra.speech_models.downloads import MODEL_FILE
from infra.speech_models.store import ModelStore, NoSuchModel, published
from infra.speech_models.terminal_progress import terminal_progress

_TEST_NAME = "whisper-micro"
_HINT = (
    f"Set TRANSCRIBE_MODEL to the folder of a converted model, or to a published name: {', '.join(PUBLISHED)}. "
    "`rostrum models` lists them."
)


@dataclass(frozen=True)
class ResolvedModel:
    folder: str
    """Of the converted model."""
    name: str
    """The model's name in facts."""
    is_demo: bool
    """whisper-micro, the tests' quick recogniser: it understands only its own recordings."""


def resolve_model(setting: str, cache: Path | None = None) -> ResolvedModel:
    """The model on this machine's disk. A published model that is not in `cache` (by default ROSTRUM_CACHE) is
    downloaded, with its progress on stderr. Raises SettingsError."""
    found = model_on_disk(setting, cache)
    if found is not None:
        return found
    try:
        with terminal_progress() as progress:
            return ResolvedModel(str(_store(cache).install(setting, progress)), setting, is_demo=False)
    except RostrumError as error:
        raise SettingsError(f"TRANSCRIBE_MODEL: {error.message}", error.hint) from error


def model_on_disk(setting: str, cache: Path | None = None) -> ResolvedModel | None:
    """None for a published model that has to be downloaded first. Raises SettingsError for what is no model."""
    path = WHISPER_MICRO if setting == _TEST_NAME else Path(setting).expanduser()
    if (path / MODEL_FILE).is_file():
        is_demo = path.resolve() == WHISPER_MICRO.resolve()
        return ResolvedModel(str(path), _TEST_NAME if is_demo else path.resolve().name, is_demo)
    if setting not in PUBLISHED and (path.exists() or path.is_absolute()):
        raise SettingsError(
            f"TRANSCRIBE_MODEL: {setting} is not the folder of a converted Whisper model: it has no {MODEL_FILE}.",
            _HINT,
        )
    try:
        published(setting)
    except NoSuchModel as error:
        raise SettingsError(
            f"TRANSCRIBE_MODEL: {setting!r} is neither a folder nor a published model.", _HINT
        ) from error
    store = _store(cache)
    return ResolvedModel(str(store.folder(setting)), setting, is_demo=False) if store.has(setting) else None


def _store(cache: Path | None) -> ModelStore:
    return ModelStore(load(LocalSettings).cache if cache is None else cache)
