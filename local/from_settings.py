"""The local stack that the settings describe."""

import os
from collections.abc import Collection
from pathlib import Path

from infra.clickhouse.settings import ClickHouseSettings
from infra.kafka.settings import KafkaSettings
from infra.languagetool import LanguageToolSettings
from infra.llm.settings import LlmSettings
from infra.settings import LocalSettings, SessionSettings, StageSettings, load, variable
from local.listeners import listeners_of
from local.scale import parse_scale
from local.stack import Stack
from local.stages import STAGES

_SHARED_BY_STAGES = (LlmSettings, SessionSettings)
"""Read here only to report an invalid one before any process is started."""


def local_settings(data: Path | None) -> LocalSettings:
    """Where this machine keeps its files, as absolute paths: stages may be started in another folder. `data` overrides
    ROSTRUM_DATA."""
    local = load(LocalSettings)
    return local.model_copy(update={"data": (data or local.data).absolute(), "cache": local.cache.absolute()})


def local_stack(local: LocalSettings, scale: str = "", without: Collection[str] = ()) -> Stack:
    """`without`: stages to leave out. Raises RostrumError for an invalid setting or scale, before any process is
    started."""
    for group in _SHARED_BY_STAGES:
        load(group)
    listeners = [listener for stage in STAGES.values() for listener in listeners_of(stage)]
    folders = {
        variable(LocalSettings, "data"): str(local.data),
        variable(LocalSettings, "cache"): str(local.cache),
    }
    is_embedded = load(ClickHouseSettings).is_embedded
    return Stack(
        data=local.data,
        cache=local.cache,
        environment=os.environ | folders,
        scale=parse_scale(scale, without, clickhouse_is_embedded=is_embedded),
        kafka=load(KafkaSettings),
        languagetool=load(LanguageToolSettings),
        listeners=tuple(listeners),
        shutdown_s=load(StageSettings).shutdown_timeout_s,
    )
