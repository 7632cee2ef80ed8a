"""What the transcriber has published: facts and replies, read until the sessions of a test have ended."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from infra.kafka.clients import make_consumer
from infra.kafka.settings import KafkaSettings
from schemas.counts import WordsCounted
from schemas.replies import Reply
from schemas.topics import Topic, parse_event
from schemas.transcripts import SessionTranscribed, TranscriptFinal
from schemas.wire import Summary
from tests.support.waiting import DEADLINE_S

_TOPICS = (Topic.TRANSCRIPTS, Topic.WORD_COUNTS, Topic.REPLIES)


@dataclass
class Published:
    """Everything read so far, in each topic's order."""

    finals: list[TranscriptFinal] = field(default_factory=list)
    transcribed: list[SessionTranscribed] = field(default_factory=list)
    counts: list[WordsCounted] = field(default_factory=list)
    replies: list[tuple[int, Reply]] = field(default_factory=list)
    """With their partitions."""
    partitions: dict[str, set[int]] = field(default_factory=dict)

    def texts(self, session_id: str) -> dict[int, str]:
        """A session's finals by number. Raises AssertionError if one number was published with two texts."""
        texts: dict[int, str] = {}
        for final in (each.final for each in self.finals if each.session_id == session_id):
            assert texts.setdefault(final.number, final.text) == final.text
        return texts

    def summarised(self) -> set[str]:
        return {reply.session_id for _, reply in self.replies if isinstance(reply.message, Summary)}

    def add(self, record: ConsumerRecord) -> None:
        if record.topic.endswith(Topic.REPLIES.value.name):
            self.replies.append((record.partition, Reply.model_validate_json(record.value)))
            return
        topic = Topic.TRANSCRIPTS if record.topic.endswith(Topic.TRANSCRIPTS.value.name) else Topic.WORD_COUNTS
        match parse_event(topic, record.value):
            case TranscriptFinal() as final:
                self.finals.append(final)
                self.partitions.setdefault(final.session_id, set()).add(record.partition)
            case SessionTranscribed() as transcribed:
                self.transcribed.append(transcribed)
                self.partitions.setdefault(transcribed.session_id, set()).add(record.partition)
            case WordsCounted() as counted:
                self.counts.append(counted)


class TranscriptsReader:
    """Continues to read where it stopped. Use as an asynchronous context manager."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.published = Published()
        self._consumer: AIOKafkaConsumer = make_consumer(kafka, *_TOPICS, stage=f"reader-{secrets.token_hex(4)}")

    async def __aenter__(self) -> "TranscriptsReader":
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def until(self, done: Callable[[Published], object], within_s: float = DEADLINE_S) -> Published:
        """Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not done(self.published):
                for records in (await self._consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        self.published.add(record)
        return self.published

    async def until_ended(self, *session_ids: str, within_s: float = DEADLINE_S) -> Published:
        """Until each session's summary, the last reply to it, and its facts have been read: a consumer that reads
        committed records may see facts later than replies."""
        wanted = set(session_ids)
        return await self.until(
            lambda published: (
                published.summarised() >= wanted and {each.session_id for each in published.transcribed} >= wanted
            ),
            within_s,
        )
