"""A transcriber is suspended until another has its partitions, and wakes up; its broker is killed. Sessions continue as
if nothing had happened."""

import asyncio
import signal
from pathlib import Path

from infra.errors import Unavailable
from infra.kafka.settings import KafkaSettings
from local.tcp_ports import free_port
from schemas.audio import FRAME_BYTES
from schemas.wire import FinalMessage
from tests.support.audio.speech import joined
from tests.support.kafka.own_node import own_kafka
from tests.support.processes.stage_process import processes
from tests.support.transcribe.in_process import transcribe
from tests.support.transcribe.processes import Client, Transcriber
from tests.support.transcribe.scenario import ended_whole, session_on_each, speak, undisturbed
from tests.support.transcribe.session_records import frames_of
from tests.support.transcribe.simulated_partition import undisturbed_finals

FRAMES = 32


async def test_a_suspended_transcriber_changes_nothing_when_it_wakes_up(kafka: KafkaSettings, tmp_path: Path) -> None:
    pcm = joined("sentence_1", "sentence_2", "sentence_3").pcm
    names = session_on_each(kafka)
    suspended, other = (Transcriber(kafka, tmp_path / f"{name}.log") for name in ("suspended", "other"))
    async with Client(kafka) as client, processes(suspended):
        speaking = asyncio.gather(*(speak(kafka, name, frames_of(pcm), speed=2) for name in names))
        await client.until(names[0], FinalMessage)
        suspended.signal(signal.SIGSTOP)
        sent = client.finals(names[0])
        async with processes(other):
            await client.until(names[0], FinalMessage, count=len(sent) + 1)
            suspended.signal(signal.SIGCONT)
            await speaking
            finals = [await ended_whole(kafka, client, name, pcm) for name in names]
            assert finals == [await undisturbed(kafka, client, pcm)] * len(names)
        # The group gave it half of its partitions back, so it has work to do.
        assert suspended.is_running


async def test_without_a_broker_the_process_ends(kafka: KafkaSettings, tmp_path: Path) -> None:
    """What restarts the process tries again; the log says why."""
    log = tmp_path / "transcribe.log"
    transcriber = Transcriber(kafka, log, KAFKA_PORT=str(free_port()))
    await transcriber.start(wait=False)
    assert await transcriber.ended() == 1
    assert "KafkaConnectionError: Unable to bootstrap" in log.read_text().splitlines()[-1]


async def restarted(kafka: KafkaSettings, stopping: asyncio.Event) -> int:
    """A transcriber that is restarted whenever it ends; returns how often it was."""
    starts = 0
    while not stopping.is_set():
        try:
            await transcribe(kafka, stopping)
        except Unavailable:
            starts += 1
    return starts


async def test_a_killed_broker_costs_a_session_no_word(tmp_path: Path) -> None:
    pcm = bytes(FRAME_BYTES) * FRAMES
    async with own_kafka(tmp_path) as (kafka, broker):
        stopping = asyncio.Event()
        working = asyncio.create_task(restarted(kafka, stopping))
        async with Client(kafka) as client:
            speaking = asyncio.create_task(speak(kafka, "s-1", frames_of(pcm), speed=2))
            await client.until("s-1", FinalMessage)
            broker.kill()
            await asyncio.sleep(1.0)
            await asyncio.to_thread(broker.start)
            await speaking
            finals = await ended_whole(kafka, client, "s-1", pcm)
        assert finals == undisturbed_finals("s-1", FRAMES)
        stopping.set()
        await working
