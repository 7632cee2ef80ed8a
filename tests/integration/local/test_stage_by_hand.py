"""A stage that is left out of the stack and run by hand beside it, as in a debugger."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiokafka import ConsumerRecord

from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from local.stages import STAGES
from schemas.sessions import SessionStarted
from schemas.topics import Topic
from tests.support.analyze.sessions import started
from tests.support.processes.stack import ROSTRUM, Stack, stack_running
from tests.support.processes.stage_in_process import read


@contextmanager
def run_by_hand(stage: str, stack: Stack) -> Iterator[None]:
    """`rostrum run STAGE` with the stack's environment and nothing else."""
    with (stack.data / f"{stage}-by-hand.log").open("wb") as log:
        process = subprocess.Popen([ROSTRUM, "run", stage], env=stack.env, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def questions_for(session: SessionStarted, kafka: KafkaSettings) -> list[ConsumerRecord]:
    async with make_producer(kafka) as producer:
        topic = kafka.topic(Topic.SESSION_EVENTS)
        await producer.send_and_wait(topic, session.encode(), key=session.session_id.encode())
    return await read(kafka, Topic.AUDIO_FRAMES, 1)


def test_a_stage_run_by_hand_works_with_the_stack_that_leaves_it_out(tmp_path: Path) -> None:
    without = [argument for stage in STAGES for argument in ("--without", stage)]
    with stack_running(tmp_path / "data", *without, LANGUAGETOOL_URL="http://127.0.0.1:9") as stack:
        assert set(stack.processes()) == {"kafka"}
        kafka = KafkaSettings(bootstrap="", port=int(stack.env["KAFKA_PORT"]))
        with run_by_hand("questions", stack):
            [asked] = asyncio.run(questions_for(started("travel"), kafka))
        assert b"questions_asked" in (asked.value or b"")
        assert "rostrum run questions" in stack.tail()
