"""`rostrum load` against the edge itself; a stand-in reads the log in the recogniser's place."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.edge.stub_transcriber import run_stub_transcriber
from cli.load.command import speak_all
from cli.load.figures import as_json, figures
from cli.load.speaker import SpeakerProfile
from cli.load.speech import bundled
from infra.kafka.settings import KafkaSettings
from infra.tls.contexts import client_context
from tests.support.edge.in_process import Address, edge
from tests.support.waiting import DEADLINE_S


@asynccontextmanager
async def served(
    kafka: KafkaSettings, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> AsyncIterator[Address]:
    async with edge(kafka, folder, monkeypatch, 0, EDGE_MAX_SESSIONS_PER_USER="1", **settings) as running:
        ready = asyncio.Event()
        playing = asyncio.create_task(run_stub_transcriber(kafka, every_s=0.2, ready=ready.set))
        try:
            await asyncio.wait_for(ready.wait(), DEADLINE_S)
            yield running
        finally:
            playing.cancel()
            await asyncio.wait({playing})


@pytest.fixture
async def address(kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Address]:
    async with served(kafka, tmp_path, monkeypatch) as running:
        yield running


async def test_speakers_with_dropped_connections_lose_nothing(address: Address) -> None:
    profile = SpeakerProfile(address.url, client_context(address.data / "tls" / "ca.pem"), DEADLINE_S, 50.0, 1.5)

    traces = await speak_all(
        profile, bundled(), lambda number: address.token(f"load-{number}"), speakers=4, seconds=5.0, ramp_s=0.5, seed=7
    )

    found = figures(traces)
    assert found.losses == {}, json.dumps(as_json(found))
    assert found.failed == {}
    assert found.served == 4
    assert found.frames_acked == 4 * 20
    assert found.reconnections >= 3, "the seed has several connections dropped"
    assert found.reconnect_to_ack is not None
    assert found.ack is not None
    assert found.duplicate_finals == 0


async def test_a_speaker_above_the_session_quota_is_reported(address: Address) -> None:
    profile = SpeakerProfile(address.url, client_context(address.data / "tls" / "ca.pem"), DEADLINE_S, 0.0, None)

    traces = await speak_all(
        profile, bundled(), lambda _: address.token("one"), speakers=2, seconds=3.0, ramp_s=0.2, seed=7
    )

    found = figures(traces)
    assert found.served == 1
    assert found.losses == {}
    assert list(found.failed) == ["speaker 1"]


async def test_a_speaker_refused_for_overload_retries_and_is_served(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(kafka, tmp_path, monkeypatch, EDGE_ADMISSION_BURST="1", EDGE_ADMISSION_MAX_LAG_S="60") as address:
        profile = SpeakerProfile(address.url, client_context(address.data / "tls" / "ca.pem"), DEADLINE_S, 0.0, None)

        traces = await speak_all(
            profile,
            bundled(),
            lambda number: address.token(f"load-{number}"),
            speakers=2,
            seconds=1.0,
            ramp_s=0.2,
            seed=7,
        )

    found = figures(traces)
    assert found.rejected_attempts == {"overloaded": 1}
    assert found.served == 2
    assert (found.losses, found.failed) == ({}, {})
    assert found.frames_acked == 2 * 4
