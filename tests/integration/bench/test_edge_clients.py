"""The benchmarks' cheap clients against the edge itself."""

import asyncio
from pathlib import Path

import pytest

from bench.edge.edge_clients import ClientStats, EdgeAddress, EdgeClient
from bench.edge.stub_transcriber import run_stub_transcriber
from infra.kafka.settings import KafkaSettings
from infra.tls.contexts import client_context
from tests.support.edge.in_process import edge
from tests.support.waiting import DEADLINE_S


async def test_a_client_that_is_cut_off_resumes_and_no_frame_is_lost(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(DEADLINE_S), edge(kafka, tmp_path, monkeypatch, 0) as address:
        ready = asyncio.Event()
        playing = asyncio.create_task(run_stub_transcriber(kafka, every_s=1.0, ready=ready.set))
        await ready.wait()
        stats = ClientStats(on=True)
        where = EdgeAddress(address.url, client_context(address.data / "tls" / "ca.pem"), address.token)
        client = EdgeClient("ada", where, stats)

        await client.connect()
        await client.start()
        client.speak()
        await client.acked_beyond(1)
        client.cut()
        await client.disconnected()
        await client.stop_speaking()
        acked = client.acked
        await client.connect()
        await client.start()
        client.speak()
        await client.acked_beyond(acked + 2)
        await client.end()
        playing.cancel()
        await asyncio.wait({playing})

    assert client.error is None
    assert client.frames_in_summary is not None
    assert client.frames_in_summary == client.acked
    assert client.acked > acked + 2
    assert stats.acked == client.acked
