"""A fake analyze stage: every transcribed session gets a report, at its client's newest connection."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.settings import KafkaSettings
from schemas.base import derived_id
from schemas.replies import Reply
from schemas.topics import Topic, parse_event
from schemas.transcripts import SessionReaddressed, SessionTranscribed
from schemas.wire import ReportMessage
from tests.support.waiting import DEADLINE_S

REPORT = ReportMessage(error="No report in this test.")
TAKES_S = 0.5
"""How long a report takes, so that a client may lose its connection meanwhile."""


class Reporter:
    """`transcribed`: the sessions that have ended, by id."""

    def __init__(self, kafka: KafkaSettings, producer: AIOKafkaProducer) -> None:
        self.transcribed: dict[str, SessionTranscribed] = {}
        self._kafka = kafka
        self._producer = producer
        self._addresses: dict[str, SessionTranscribed | SessionReaddressed] = {}

    async def work(self) -> None:
        """Runs until it is cancelled."""
        consumer = make_consumer(self._kafka, Topic.TRANSCRIPTS, stage=f"reporter-{secrets.token_hex(4)}")
        async with consumer, asyncio.TaskGroup() as reports:
            async for record in consumer:
                event = parse_event(Topic.TRANSCRIPTS, record.value)
                if isinstance(event, SessionTranscribed):
                    self.transcribed[event.session_id] = event
                if isinstance(event, SessionTranscribed | SessionReaddressed):
                    self._addresses[event.session_id] = event
                    reports.create_task(self._report(event.session_id))

    async def _report(self, session_id: str) -> None:
        await asyncio.sleep(TAKES_S)
        address = self._addresses[session_id]
        reply = Reply(
            event_id=derived_id(session_id, "report", address.event_id),
            at_ms=0,
            session_id=session_id,
            conn=address.conn,
            heard_frames=None,
            message=REPORT,
        )
        await self._producer.send_and_wait(
            self._kafka.topic(Topic.REPLIES), reply.encode(), key=session_id.encode(), partition=address.reply_to
        )

    async def ended(self, session_id: str, within_s: float = DEADLINE_S) -> SessionTranscribed:
        """The fact that the session is over."""
        async with asyncio.timeout(within_s):
            while session_id not in self.transcribed:  # noqa: ASYNC110 - a test looks at it from outside
                await asyncio.sleep(0.02)
        return self.transcribed[session_id]


@asynccontextmanager
async def reporting(kafka: KafkaSettings) -> AsyncIterator[Reporter]:
    async with make_producer(kafka) as producer:
        reporter = Reporter(kafka, producer)
        work = asyncio.create_task(reporter.work())
        try:
            yield reporter
        finally:
            work.cancel()
            await asyncio.wait({work})
