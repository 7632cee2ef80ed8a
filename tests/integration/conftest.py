"""Programs that several integration tests share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from infra.kafka.settings import KafkaSettings
from infra.settings import LocalSettings, load
from local.jars import LANGUAGETOOL, install
from local.languagetool_server import command
from local.tcp_ports import LOOPBACK, free_port
from tests.support.edge.in_process import Address, FakeStages, edge, play_stages
from tests.support.processes.java_program import started


@pytest.fixture(scope="session")
def languagetool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """LanguageTool's own server with our rules beside its own, which has read them all; its port."""
    port = free_port()
    jars = install(LANGUAGETOOL, load(LocalSettings).cache)
    with started(command(jars, port), port, tmp_path_factory.mktemp("languagetool") / "log"):
        form = {"language": "en-US", "text": "This is a first sentence."}
        httpx.post(f"http://{LOOPBACK}:{port}/v2/check", data=form, timeout=60, trust_env=False).raise_for_status()
        yield port


@pytest.fixture
async def address(kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Address]:
    """An edge in the test's own process."""
    async with edge(kafka, tmp_path / "data", monkeypatch) as running:
        yield running


@pytest.fixture
async def fake_stages(kafka: KafkaSettings) -> AsyncIterator[FakeStages]:
    """Plays the stages behind it."""
    async with play_stages(kafka) as played:
        yield played
