"""Sessions survive outages of the broker and of the network: real edges, the real transcriber."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from infra.kafka.settings import KafkaSettings
from tests.support.audio.speech import joined
from tests.support.clients.resuming_client import ResumingClient
from tests.support.clients.silent_network import network_to
from tests.support.edge.fake_analyze import reporting
from tests.support.edge.processes import Edge
from tests.support.kafka.own_node import own_kafka
from tests.support.processes.stage_process import StageProcess, processes
from tests.support.transcribe.processes import Transcriber
from tests.support.transcribe.session_log import check_complete

PRODUCE_TIMEOUT_S = 1.5
SPEECH = joined("sentence_1", "sentence_2").pcm
LONG_SPEECH = joined("sentence_1", "sentence_2", "sentence_3", "sentence_4", "sentence_5", "sentence_6").pcm * 2


@asynccontextmanager
async def supervised(process: StageProcess) -> AsyncIterator[None]:
    """Restarts a process that ends because the broker is down."""
    keeping = asyncio.create_task(process.keep_running())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})


@pytest.mark.soak
async def test_an_outage_beyond_the_produce_timeout_leaves_no_gap(tmp_path: Path) -> None:
    """For one edge the outage is short: its clients wait. Those of the other are asked to reconnect, and do."""
    async with own_kafka(tmp_path) as (kafka, broker):
        patient, hasty = (
            Edge(kafka, tmp_path, 0),
            Edge(kafka, tmp_path, 1, EDGE_PRODUCE_TIMEOUT_S=str(PRODUCE_TIMEOUT_S)),
        )
        transcriber = Transcriber(kafka, tmp_path / "transcribe.log", instance="0")
        async with reporting(kafka), processes(patient, hasty, transcriber), supervised(transcriber):
            token = patient.address.token("ada")
            waiting, returning = (ResumingClient([edge.url], token, SPEECH) for edge in (patient, hasty))
            speaking = [asyncio.create_task(each.speak()) for each in (waiting, returning)]
            await asyncio.gather(waiting.begun(frames=4), returning.begun(frames=4))
            broker.kill()
            await returning.lost(1013)
            await asyncio.to_thread(broker.start)
            await asyncio.gather(*speaking)
            assert waiting.close_codes == [1000]
            assert "not_kept" in [error["code"] for error in returning.of("error")]
            for speaker in (waiting, returning):
                await check_complete(kafka, speaker, SPEECH)


@pytest.mark.soak
async def test_a_network_outage_of_twenty_seconds(kafka: KafkaSettings, tmp_path: Path) -> None:
    edge, transcriber = Edge(kafka, tmp_path, 0), Transcriber(kafka, tmp_path / "transcribe.log", instance="0")
    async with (
        reporting(kafka),
        processes(edge, transcriber),
        network_to(edge.address.plain_port) as network,
    ):
        url = f"ws://127.0.0.1:{network.port}/v1/stream"
        speaker = ResumingClient([url], edge.address.token("ada"), LONG_SPEECH, silence_s=5)
        speaking = asyncio.create_task(speaker.speak())
        await speaker.begun(frames=20)
        network.go()
        await asyncio.sleep(20)
        network.come_back()
        await speaking
    assert 1006 in speaker.close_codes
    await check_complete(kafka, speaker, LONG_SPEECH)


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_a_broker_outage_of_a_minute(tmp_path: Path) -> None:
    """Longer than the default produce timeout: every client is asked to reconnect, and none loses anything."""
    async with own_kafka(tmp_path) as (kafka, broker):
        edge, transcriber = Edge(kafka, tmp_path, 0), Transcriber(kafka, tmp_path / "transcribe.log", instance="0")
        async with reporting(kafka), processes(edge, transcriber), supervised(transcriber):
            token = edge.address.token("ada")
            speakers = [ResumingClient([edge.url], token, LONG_SPEECH, silence_s=90) for _ in range(3)]
            speaking = [asyncio.create_task(each.speak()) for each in speakers]
            await asyncio.gather(*(each.begun(frames=20) for each in speakers))
            broker.kill()
            await asyncio.sleep(60)
            await asyncio.to_thread(broker.start)
            await asyncio.gather(*speaking)
            for speaker in speakers:
                assert 1013 in speaker.close_codes
                await check_complete(kafka, speaker, LONG_SPEECH)
