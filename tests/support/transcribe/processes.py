"""Transcriber processes that a test may kill, and what they have published about a session."""

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from infra.kafka.clients import make_consumer
from infra.kafka.settings import KafkaSettings
from infra.samples import WHISPER_MICRO
from schemas.replies import Reply, ReplyMessage
from schemas.topics import Topic, parse_event
from schemas.transcripts import Final, SessionTranscribed, TranscriptFinal
from schemas.wire import FinalMessage
from tests.support.processes.stage_in_process import read_to_end
from tests.support.processes.stage_process import StageProcess
from tests.support.transcribe import crashing_transcriber
from tests.support.transcribe.crashing_transcriber import CrashPoint
from tests.support.waiting import DEADLINE_S

BY_DEFAULT = {"TRANSCRIBE_WORKERS": "0", "TRANSCRIBE_COALESCE_WINDOWS": "on", "TRANSCRIBE_TEMPERATURE_FALLBACK": "on"}
"""A transcriber's default settings, with which windows depend on the load."""


class Transcriber(StageProcess):
    """With the demo recogniser, and with fixed windows: the same log gives the same words."""

    module = "processors.transcribe"

    def __init__(self, kafka: KafkaSettings, log: Path, instance: str = "", **settings: str) -> None:
        given = {
            "KAFKA_PORT": str(kafka.port),
            "KAFKA_BOOTSTRAP": "",
            "KAFKA_PREFIX": kafka.prefix,
            "TRANSCRIBE_MODEL": str(WHISPER_MICRO),
            "TRANSCRIBE_GROUP_INSTANCE_ID": instance,
            "TRANSCRIBE_WORKERS": "1",
            "TRANSCRIBE_COALESCE_WINDOWS": "off",
            "TRANSCRIBE_TEMPERATURE_FALLBACK": "off",
        }
        super().__init__(self.module, log, given | settings)


class CrashingTranscriber(Transcriber):
    """It kills itself at this point of its transaction of this number, of those with finals."""

    module = crashing_transcriber.__name__

    def __init__(self, kafka: KafkaSettings, log: Path, instance: str, point: CrashPoint, number: int) -> None:
        super().__init__(kafka, log, instance, CRASH_AT=point, CRASH_IN=str(number))


class Client:
    """What a client sees: the replies of one partition of `replies`, from its beginning on."""

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
        """The messages to a session, or to one of its connections."""
        said = [reply for _, reply in self.replies if reply.session_id == session_id and conn in (None, reply.conn)]
        return [reply.message for reply in said if reply.message is not None]

    def finals(self, session_id: str) -> list[FinalMessage]:
        """As often as they were sent."""
        return [message for message in self.messages(session_id) if isinstance(message, FinalMessage)]

    async def until(
        self, session_id: str, kind: type[ReplyMessage], within_s: float = DEADLINE_S, count: int = 1
    ) -> None:
        """Read until this many messages of a kind have arrived for a session."""
        async with asyncio.timeout(within_s):
            while sum(isinstance(message, kind) for message in self.messages(session_id)) < count:
                await self.look()

    async def catch_up(self) -> None:
        """Read everything that is there by now."""
        end = (await self._consumer.end_offsets([self._place]))[self._place]
        while await self._consumer.position(self._place) < end:
            await self.look()

    async def look(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for records in (await self._consumer.getmany(timeout_ms=50)).values():
            self.replies += [(now_s, Reply.model_validate_json(record.value)) for record in records]


async def stored(
    kafka: KafkaSettings, session_id: str, *, settled: bool = True
) -> tuple[list[Final], list[SessionTranscribed]]:
    """A session's facts on `transcripts`, read committed, as often as they are there. `settled`: see `read_to_end`."""
    records = await read_to_end(kafka, Topic.TRANSCRIPTS, settled=settled)
    events = [parse_event(Topic.TRANSCRIPTS, record.value) for record in records]
    finals = [e.final for e in events if isinstance(e, TranscriptFinal) and e.session_id == session_id]
    return finals, [e for e in events if isinstance(e, SessionTranscribed) and e.session_id == session_id]
