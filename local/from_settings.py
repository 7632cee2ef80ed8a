"""The local stack that the settings describe."""

import os
from pathlib import Path

from analytics.settings import AnalyticsSettings
from edge.settings import EdgeSettings
from infra.clickhouse.settings import ClickHouseSettings
from infra.kafka.settings import KafkaSettings
from infra.languagetool import LanguageToolSettings
from infra.llm.settings import LlmSettings
from infra.settings import LocalSettings, SessionSettings, StageSettings, load
from local.scale import parse_scale
from local.stack import Stack
from local.tcp_ports import free_port
from processors.analyze.settings import AnalyzeSettings
from processors.questions.settings import QuestionsSettings
from processors.transcribe.settings import TranscribeSettings

_READ_BY_STAGES = (AnalyzeSettings, LlmSettings, QuestionsSettings, SessionSettings, TranscribeSettings)
"""Read here only to find a wrong one before anything is started."""


def local_settings(data: Path | None) -> LocalSettings:
    """Where this machine keeps things, as absolute paths: stages may be started elsewhere. `data` goes before
    ROSTRUM_DATA."""
    local = load(LocalSettings)
    return local.model_copy(update={"data": (data or local.data).absolute(), "cache": local.cache.absolute()})


def local_stack(local: LocalSettings, scale: str = "") -> Stack:
    """Raises RostrumError if a setting or the scale is wrong: before anything is started."""
    for group in _READ_BY_STAGES:
        load(group)
    edge, analytics = load(EdgeSettings), load(AnalyticsSettings)
    edge_port, analytics_port = edge.port or free_port(), analytics.port or free_port()
    # Said to every stage, so that all mean the same folder and doors as we do.
    said = {
        "ROSTRUM_DATA": str(local.data),
        "ROSTRUM_CACHE": str(local.cache),
        "EDGE_PORT": str(edge_port),
        "EDGE_PLAIN_PORT": str(edge.plain_port),
        "ANALYTICS_PORT": str(analytics_port),
    }
    return Stack(
        data=local.data,
        cache=local.cache,
        environment={**os.environ, **said},
        scale=parse_scale(scale, clickhouse_is_embedded=load(ClickHouseSettings).is_embedded),
        kafka=load(KafkaSettings),
        languagetool=load(LanguageToolSettings),
        edge_host=edge.host,
        edge_port=edge_port,
        edge_plain_port=edge.plain_port,
        analytics_host=analytics.host,
        analytics_port=analytics_port,
        shutdown_s=load(StageSettings).shutdown_timeout_s,
    )
