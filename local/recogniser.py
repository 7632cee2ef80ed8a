"""Which recogniser the transcribe stage will use.

Asked in a process of its own (`python -m local.recogniser`): the libraries that know take 150 MB, which a supervisor
that runs for days should not keep. A published model that is missing is fetched then, with its progress on stderr."""

import json
import subprocess
import sys
from collections.abc import Mapping

from pydantic import BaseModel

from infra.errors import SettingsError
from infra.settings import load

DEMO_NOTE = "demo recogniser: understands only the bundled recordings; for your own voice: make up MODEL=base.en"


class Recogniser(BaseModel):
    """`name` as facts call it."""

    name: str
    is_demo: bool

    @property
    def description(self) -> str:
        return DEMO_NOTE if self.is_demo else self.name


class _Fault(BaseModel):
    message: str
    hint: str


class _Answer(BaseModel):
    recogniser: Recogniser | None = None
    fault: _Fault | None = None


def recogniser_in_use(environment: Mapping[str, str]) -> Recogniser:
    """By the settings in this environment. Raises SettingsError if there is no such model or it cannot be fetched."""
    command = [sys.executable, "-P", "-m", "local.recogniser"]
    asked = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)  # noqa: S603 - our own module
    answer = _Answer.model_validate_json(asked.stdout)
    if answer.recogniser is None:
        fault = answer.fault or _Fault(message="The recogniser could not be told.", hint="Set TRANSCRIBE_MODEL.")
        raise SettingsError(fault.message, fault.hint)
    return answer.recogniser


def _answer() -> _Answer:
    from processors.transcribe.adapters.models import resolve_model
    from processors.transcribe.settings import TranscribeSettings

    try:
        model = resolve_model(load(TranscribeSettings).model)
    except SettingsError as error:
        return _Answer(fault=_Fault(message=error.message, hint=error.hint))
    return _Answer(recogniser=Recogniser(name=model.name, is_demo=model.is_demo))


if __name__ == "__main__":
    json.dump(_answer().model_dump(), sys.stdout)
