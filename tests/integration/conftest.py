"""Programs that several integration tests share."""

from collections.abc import Iterator

import httpx
import pytest

from infra.local.jars import LANGUAGETOOL, install
from infra.local.languagetool_server import command
from infra.local.ports import LOOPBACK, free_port
from infra.settings import LocalSettings, load
from tests.support.java_program import started


@pytest.fixture(scope="session")
def languagetool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """LanguageTool's own server with our rules beside its own, which has read them all; its port."""
    port = free_port()
    jars = install(LANGUAGETOOL, load(LocalSettings).cache)
    with started(command(jars, port), port, tmp_path_factory.mktemp("languagetool") / "log"):
        form = {"language": "en-US", "text": "This is a first sentence."}
        httpx.post(f"http://{LOOPBACK}:{port}/v2/check", data=form, timeout=60, trust_env=False).raise_for_status()
        yield port
