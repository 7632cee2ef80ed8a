"""A consumed Kafka record as a record of a session's log."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from infra.kafka.dead_letters import KafkaRecord
from infra.kafka.headers import LogHeaders, decode_headers
from processors.transcribe.core.session.log_records import (
    FrameRecord,
    RecordBody,
    ResumeRecord,
    SessionLogRecord,
    StartRecord,
)
from processors.transcribe.core.session.output import RejectedRecord
from schemas.audio import FRAME_BYTES, SAMPLE_BYTES
from schemas.sessions import (
    AnswerBegun,
    ConnectionAlive,
    ConnectionResumed,
    QuestionsAsked,
    RecordKind,
    SessionEnded,
    SessionStarted,
)

EventT = TypeVar(
    "EventT", SessionStarted, ConnectionResumed, QuestionsAsked, AnswerBegun, ConnectionAlive, SessionEnded
)


class RecordWithHeaders(KafkaRecord, Protocol):
    """A consumed record, as aiokafka returns it."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


def decode_record(record: RecordWithHeaders) -> tuple[SessionLogRecord | None, RejectedRecord | None]:
    """The decoded record, or what is wrong with it; both for a frame with broken samples, whose place in the session is
    kept as silence of its length."""
    try:
        session_id = _session_id(record.key)
        headers = decode_headers(record.headers)
        body = _body(headers, session_id, record.value or b"")
    except ValueError as error:
        return None, _rejected(record, f"not a record of a session's log: {error}")
    fault = None
    if isinstance(body, FrameRecord):
        body, fault = _with_whole_samples(body)
    decoded = SessionLogRecord(session_id, record.partition, record.offset, record.timestamp, body, headers.conn)
    return decoded, _rejected(record, fault) if fault else None


def _session_id(key: bytes | None) -> str:
    if not key:
        raise ValueError("the key, which names the session, is missing")
    return key.decode()


def _body(headers: LogHeaders, session_id: str, value: bytes) -> RecordBody:
    match headers.kind:
        case RecordKind.START:
            return StartRecord(_of(SessionStarted, session_id, value), *_address(headers))
        case RecordKind.RESUME:
            return ResumeRecord(_of(ConnectionResumed, session_id, value), *_address(headers))
        case RecordKind.FRAME:
            if headers.seq is None:
                raise ValueError("header 'seq' is missing")
            return FrameRecord(headers.seq, value)
        case RecordKind.QUESTIONS:
            return _of(QuestionsAsked, session_id, value)
        case RecordKind.ANSWER:
            return _of(AnswerBegun, session_id, value)
        case RecordKind.ALIVE:
            return _of(ConnectionAlive, session_id, value)
        case RecordKind.END:
            return _of(SessionEnded, session_id, value)


def _address(headers: LogHeaders) -> tuple[str, int]:
    if not headers.conn or headers.reply_to is None or headers.reply_to < 0:
        raise ValueError(f"a {headers.kind.value} must say where replies go")
    return headers.conn, headers.reply_to


def _of(model: type[EventT], session_id: str, value: bytes) -> EventT:
    event = model.model_validate_json(value)
    if event.session_id != session_id:
        raise ValueError("key and value name different sessions")
    return event


def _with_whole_samples(frame: FrameRecord) -> tuple[FrameRecord, str | None]:
    """The frame, or silence of its length and what is wrong with the frame."""
    size = len(frame.pcm)
    if 0 < size <= FRAME_BYTES and size % SAMPLE_BYTES == 0:
        return frame, None
    silence = FrameRecord(frame.seq, bytes(min(size // SAMPLE_BYTES * SAMPLE_BYTES, FRAME_BYTES)))
    return silence, f"a frame of {size} bytes, not whole samples up to {FRAME_BYTES}: replaced by silence"


def _rejected(record: RecordWithHeaders, reason: str) -> RejectedRecord:
    return RejectedRecord(record.partition, record.offset, record.timestamp, record.key, record.value, reason)
