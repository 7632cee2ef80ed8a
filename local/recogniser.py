"""Which recogniser the transcribe stage will use.

Determined in a separate process (`python -m local.recogniser`): the libraries for it take 150 MB, which a supervisor
that runs for days should not hold. A missing published model is downloaded then, with its progress on stderr."""

import json
import subprocess
import sys
from collections.abc import Mapping

from pydantic import BaseModel

from infra.errors import SettingsError
from infra.settings import load
from processors.transcribe.settings import DEMO_MESSAGE, TranscribeSettings


class RecogniserInfo(BaseModel):
    name: str
    """As in the transcripts' facts."""
    is_demo: bool

    @property
    def description(self) -> str:
        return DEMO_MESSAGE if self.is_demo else self.name


class _Fault(BaseModel):
    message: str
    hint: str


class _LookupResult(BaseModel):
    recogniser: RecogniserInfo | None = None
    fault: _Fault | None = None


def recogniser_in_use(environment: Mapping[str, str]) -> RecogniserInfo:
    """According to the settings in this environment. Raises SettingsError if there is no such model or it cannot be
    downloaded."""
    command = [sys.executable, "-P", "-m", "local.recogniser"]
    run = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)  # noqa: S603 - a module of this package
    reply = _LookupResult.model_validate_json(run.stdout)
    if reply.recogniser is None:
        fault = reply.fault or _Fault(message="The recogniser could not be determined.", hint="Set TRANSCRIBE_MODEL.")
        raise SettingsError(fault.message, fault.hint)
    return reply.recogniser


def _look_up() -> _LookupResult:
    from processors.transcribe.adapters.models import resolve_model

    try:
        model = resolve_model(load(TranscribeSettings).model)
    except SettingsError as error:
        return _LookupResult(fault=_Fault(message=error.message, hint=error.hint))
    return _LookupResult(recogniser=RecogniserInfo(name=model.name, is_demo=model.is_demo))


if __name__ == "__main__":
    json.dump(_look_up().model_dump(), sys.stdout)
