"""A session's log, written as the edge writes it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer

from infra.kafka.headers import LogHeaders
from infra.kafka.settings import KafkaSettings
from schemas.audio import FRAME_BYTES, FRAME_MS
from schemas.base import Event
from schemas.sessions import (
    AnswerBegun,
    ConnectionResumed,
    EndCause,
    Question,
    QuestionsAsked,
    RecordKind,
    SessionEnded,
    SessionStarted,
)
from schemas.topics import Topic

START_MS = time.time_ns() // 1_000_000 - 120_000
"""When sessions of these tests begin, Unix time: a broker accepts only records of about now."""


def session_started(session_id: str, **changes: object) -> SessionStarted:
    fields: dict[str, object] = {
        "event_id": f"{session_id}-start",
        "at_ms": START_MS,
        "session_id": session_id,
        "user_id": "ada",
        "display_name": "Ada",
        "org": "school",
        "groups": ("4b",),
        "mode": "practice",
        "competition": "spring",
        "language": "en",
        "topic": "food",
        "question_count": 2,
    }
    return SessionStarted.model_validate(fields | changes)


def questions_asked(session_id: str, *texts: str) -> QuestionsAsked:
    questions = tuple(Question(number=number, text=text) for number, text in enumerate(texts, start=1))
    return QuestionsAsked(
        event_id=f"{session_id}-questions", at_ms=START_MS, session_id=session_id, questions=questions, source="bank"
    )


def answer_begun(session_id: str, question: int, from_sample: int) -> AnswerBegun:
    return AnswerBegun(
        event_id=f"{session_id}-answer-{question}",
        at_ms=START_MS,
        session_id=session_id,
        question=question,
        from_sample=from_sample,
    )


def connection_resumed(session_id: str, have_final: int = 0, from_frame: int = 0) -> ConnectionResumed:
    return ConnectionResumed(
        event_id=f"{session_id}-resumed-{have_final}-{from_frame}",
        at_ms=START_MS,
        session_id=session_id,
        have_final=have_final,
        from_frame=from_frame,
    )


def session_ended(session_id: str, cause: EndCause = EndCause.CLIENT, last_offset: int | None = None) -> SessionEnded:
    return SessionEnded(
        event_id=f"{session_id}-end", at_ms=START_MS, session_id=session_id, cause=cause, last_offset=last_offset
    )


def frames_of(pcm: bytes) -> Iterator[bytes]:
    """The audio in frames, the last of which may be shorter."""
    for at in range(0, len(pcm), FRAME_BYTES):
        yield pcm[at : at + FRAME_BYTES]


@dataclass
class SessionWriter:
    """Writes one session's records, in order, with the times they would have if they were spoken live. `seq`: number
    of the next frame; `records`: how many were written."""

    producer: AIOKafkaProducer
    kafka: KafkaSettings
    session_id: str
    reply_to: int = 0
    conn: str = "conn-1"
    seq: int = field(default=0, init=False)
    records: int = field(default=0, init=False)

    async def event(self, kind: RecordKind, event: Event) -> None:
        await self.raw(event.encode(), LogHeaders(kind, self.conn, self.reply_to))

    async def audio(self, pcm: bytes) -> None:
        for frame in frames_of(pcm):
            await self.raw(frame, LogHeaders(RecordKind.FRAME, self.conn, self.reply_to, self.seq))
            self.seq += 1

    async def raw(self, value: bytes, headers: LogHeaders) -> None:
        await self.producer.send_and_wait(
            self.kafka.topic(Topic.AUDIO_FRAMES),
            value,
            key=self.session_id.encode(),
            headers=headers.encode(),
            timestamp_ms=START_MS + self.seq * FRAME_MS,
        )
        self.records += 1

    async def start(self, **changes: object) -> None:
        await self.event(RecordKind.START, session_started(self.session_id, **changes))

    async def end(self) -> None:
        await self.event(RecordKind.END, session_ended(self.session_id))
