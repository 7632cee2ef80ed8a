"""Fixtures for all tests."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from infra.settings import LocalSettings, load
from tests.support.kafka.shared_node import kafka_running

# How long an example takes depends on what else the machine does; pytest-timeout bounds a whole test.
hypothesis_settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any-machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers (`-n 2`), the tests of one file run on one of them, and so do all that share a stack."""
    from xdist.scheduler.loadscope import LoadScopeScheduling

    def scope_of(nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/e2e" if file.startswith("tests/e2e/") and not file.endswith("test_page.py") else file

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = scope_of
    return scheduler


@pytest.fixture(scope="session")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """Apache Kafka itself, started once for the run; its settings without a prefix."""
    folder: Path = tmp_path_factory.mktemp("kafka")
    with kafka_running(folder, load(LocalSettings).cache) as port:
        yield KafkaSettings(port=port, bootstrap="", prefix="")


@pytest.fixture
async def kafka(kafka_node: KafkaSettings) -> KafkaSettings:
    """Settings with a fresh prefix: topics and groups of this test alone, topics created."""
    settings = kafka_node.model_copy(update={"prefix": f"test-{secrets.token_hex(4)}."})
    await create_topics(settings)
    return settings


@pytest.fixture(scope="session")
def chdb_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run's embedded ClickHouse lives. chDB takes one folder per process, so each test has its own database
    in it (`tests/support/analytics/database.py`)."""
    return tmp_path_factory.mktemp("chdb")
