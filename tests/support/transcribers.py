"""Transcriber processes that a test may kill, and what came of a session whoever transcribed it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from cli.own_stack import DEMO_MODEL
from infra.kafka.clients import make_consumer
from infra.kafka.settings import KafkaSettings
from infra.local.ports import free_port
from infra.local.probes import stage_probe
from schemas.replies import Reply, ReplyMessage
from schemas.topics import Topic, parse_event
from schemas.transcripts import Final, SessionTranscribed, TranscriptFinal
from schemas.wire import FinalMessage

READY_S = 20.0


@dataclass
class Transcriber:
    """One process, started anew by `start`, as a supervisor would."""

    kafka: KafkaSettings
    log: Path
    instance: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    async def start(self, *, wait: bool = True) -> None:
        port = free_port()
        settings = {
            "KAFKA_PORT": str(self.kafka.port),
            "KAFKA_BOOTSTRAP": "",
            "KAFKA_PREFIX": self.kafka.prefix,
            "TRANSCRIBE_MODEL": str(DEMO_MODEL),
            "TRANSCRIBE_INSTANCE": self.instance,
            "TRANSCRIBE_WORKERS": "1",
            "TRANSCRIBE_COALESCE": "off",
            "TRANSCRIBE_FALLBACK": "off",
            "HEALTH_PORT": str(port),
        }
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "processors.transcribe",
                env=os.environ | settings | self.environment,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(READY_S):
            while wait and await stage_probe(port)() is not None:
                assert self.process.returncode is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        """As the power would."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        assert self.process is not None
        return await self.process.wait()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def stop(self) -> None:
        if self.is_running:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            await self.ended()


@asynccontextmanager
async def transcribing(*transcribers: Transcriber) -> AsyncIterator[None]:
    """All of them, ready, while the block runs."""
    try:
        await asyncio.gather(*(each.start() for each in transcribers))
        yield
    finally:
        await asyncio.gather(*(each.stop() for each in transcribers))


class Client:
    """What a speaker sees: the replies of one partition of `replies`, from its beginning on."""

    def __init__(self, kafka: KafkaSettings, reply_to: int = 0) -> None:
        self._place = TopicPartition(kafka.topic(Topic.REPLIES), reply_to)
        self._consumer: AIOKafkaConsumer = make_consumer(kafka, Topic.REPLIES, stage=None)
        self.replies: list[tuple[float, Reply]] = []

    async def __aenter__(self) -> "Client":
        await self._consumer.start()
        self._consumer.assign([self._place])
        self._consumer.seek(self._place, 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    def messages(self, session_id: str, conn: str | None = None) -> list[ReplyMessage]:
        """What was said to a session, or to one connection of it."""
        said = [reply for _, reply in self.replies if reply.session_id == session_id and conn in (None, reply.conn)]
        return [reply.message for reply in said if reply.message is not None]

    def finals(self, session_id: str) -> list[FinalMessage]:
        """As often as they were told."""
        return [message for message in self.messages(session_id) if isinstance(message, FinalMessage)]

    async def until(self, session_id: str, kind: type[ReplyMessage], within_s: float, count: int = 1) -> None:
        """Read until so many messages of a kind have come for a session."""
        async with asyncio.timeout(within_s):
            while sum(isinstance(message, kind) for message in self.messages(session_id)) < count:
                await self.look()

    async def look(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for records in (await self._consumer.getmany(timeout_ms=50)).values():
            self.replies += [(now_s, Reply.model_validate_json(record.value)) for record in records]


async def stored(kafka: KafkaSettings, session_id: str) -> tuple[list[Final], list[SessionTranscribed]]:
    """A session's facts on `transcripts`, read committed, as often as they stand there."""
    # The broker answers a commit before it has marked the records, some milliseconds later, as committed.
    await asyncio.sleep(0.3)
    consumer = make_consumer(kafka, Topic.TRANSCRIPTS, stage=None)
    await consumer.start()
    try:
        topic = kafka.topic(Topic.TRANSCRIPTS)
        places = [TopicPartition(topic, partition) for partition in range(kafka.session_partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        events = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=50)).values():
                events += [parse_event(Topic.TRANSCRIPTS, record.value) for record in records]
    finally:
        await consumer.stop()
    finals = [e.final for e in events if isinstance(e, TranscriptFinal) and e.session_id == session_id]
    return finals, [e for e in events if isinstance(e, SessionTranscribed) and e.session_id == session_id]
