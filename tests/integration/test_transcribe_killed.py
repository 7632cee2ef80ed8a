"""kill -9 of a transcriber in the middle of a session: its successor hears the log anew and says the same."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters.models import DEMO_MODEL
from schemas.audio import FRAME_BYTES
from tests.support.speech import bundled
from tests.support.transcribe_log import SessionWriter
from tests.support.transcribe_onlooker import Onlooker


@contextmanager
def transcriber(kafka: KafkaSettings) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of its own, killed at the end of the block."""
    settings = {
        "KAFKA_PORT": str(kafka.port),
        "KAFKA_PREFIX": kafka.prefix,
        "TRANSCRIBE_MODEL": str(DEMO_MODEL),
        "LOG_LEVEL": "warning",
    }
    process = subprocess.Popen([sys.executable, "-m", "processors.transcribe"], env=os.environ | settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_a_killed_transcriber_loses_nothing(kafka: KafkaSettings) -> None:
    speech = bundled("sentence_1")
    half = len(speech.pcm) // FRAME_BYTES // 2 * FRAME_BYTES
    async with make_producer(kafka) as producer, Onlooker(kafka) as onlooker:
        whole, cut = SessionWriter(producer, kafka, "whole"), SessionWriter(producer, kafka, "cut")
        with transcriber(kafka):
            for writer in (whole, cut):
                await writer.start()
            await whole.audio(speech.pcm)
            await whole.end()
            await onlooker.until_ended("whole")
            await cut.audio(speech.pcm[:half])
            await onlooker.until(lambda written: bool(written.texts("cut")))
        await cut.audio(speech.pcm[half:])
        await cut.end()
        with transcriber(kafka):
            written = await onlooker.until_ended("cut", within_s=20)
    assert written.texts("cut") == written.texts("whole")
    again = [each for each in written.finals if each.session_id == "cut" and each.final.number == 1]
    assert len({final.event_id for final in again}) == 1
