"""The stages that a stack runs. A new stage needs one line here; everything else is read from its package."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from infra.settings import Settings
from local.plan import Layer


@dataclass(frozen=True)
class StageSpec:
    name: str
    """As in `rostrum run NAME`, `--scale` and the log."""
    package: str
    """Holds the stage; `python -m PACKAGE` starts it."""
    layer: Layer = Layer.STAGE

    def settings_groups(self) -> list[type[Settings]]:
        """The groups of settings that the stage's own `settings.py` defines."""
        module = f"{self.package}.settings"
        return [
            member
            for member in vars(importlib.import_module(module)).values()
            if isinstance(member, type) and issubclass(member, Settings) and member.__module__ == module
        ]


STAGES: Mapping[str, StageSpec] = {
    spec.name: spec
    for spec in (
        StageSpec("edge", "edge", Layer.EDGE),
        StageSpec("transcribe", "processors.transcribe"),
        StageSpec("questions", "processors.questions"),
        StageSpec("analyze", "processors.analyze"),
        StageSpec("analytics", "analytics"),
    )
}
"""By name."""
