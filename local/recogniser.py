"""Which recogniser the transcribe stage will use."""

from dataclasses import dataclass

from infra.settings import load, variable
from local.stack import Stack
from processors.transcribe.adapters.models import model_on_disk, resolve_model
from processors.transcribe.settings import DEMO_MESSAGE, TranscribeSettings


@dataclass(frozen=True)
class RecogniserInfo:
    name: str
    """As in the transcripts' facts."""
    is_demo: bool

    @property
    def description(self) -> str:
        return DEMO_MESSAGE if self.is_demo else self.name


def recogniser_in_use(stack: Stack) -> RecogniserInfo:
    """According to the stack's settings. A missing published model is downloaded, with its progress on stderr. Raises
    SettingsError if there is no such model or it cannot be downloaded."""
    model = resolve_model(recogniser_setting(stack), stack.cache)
    return RecogniserInfo(model.name, model.is_demo)


def recogniser_on_disk(stack: Stack) -> RecogniserInfo | None:
    """None if it has to be downloaded first. Raises SettingsError if there is no such model."""
    model = model_on_disk(recogniser_setting(stack), stack.cache)
    return RecogniserInfo(model.name, model.is_demo) if model else None


def recogniser_setting(stack: Stack) -> str:
    return stack.environment.get(variable(TranscribeSettings, "model")) or load(TranscribeSettings).model
