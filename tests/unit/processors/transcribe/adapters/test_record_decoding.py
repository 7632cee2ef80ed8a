"""What is on the topic becomes a record of a session's log, or a dead letter; nothing raises."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.kafka.headers import LogHeaders
from processors.transcribe.adapters.record_decoding import decode_record
from processors.transcribe.core.session.log_records import FrameRecord, RecordBody, ResumeRecord, StartRecord
from schemas.audio import FRAME_BYTES
from schemas.sessions import ConnectionAlive, RecordKind
from tests.support.transcribe.session_records import (
    START_MS,
    answer_begun,
    connection_resumed,
    questions_asked,
    session_ended,
    session_started,
)

ALIVE = ConnectionAlive(event_id="alive", at_ms=START_MS, session_id="s-1")
FRAME = LogHeaders(RecordKind.FRAME, "c", 0, seq=7)


@dataclass(frozen=True)
class Consumed:
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    key: bytes | None = b"s-1"
    topic: str = "audio.frames"
    partition: int = 2
    offset: int = 9
    timestamp: int = START_MS


@pytest.mark.parametrize(
    ("headers", "value", "body"),
    [
        (
            LogHeaders(RecordKind.START, "c", 3),
            session_started("s-1").encode(),
            StartRecord(session_started("s-1"), "c", 3),
        ),
        (FRAME, b"\x01\x02", FrameRecord(7, b"\x01\x02")),
        (LogHeaders(RecordKind.QUESTIONS), questions_asked("s-1", "Why?").encode(), questions_asked("s-1", "Why?")),
        (LogHeaders(RecordKind.ANSWER, "c", 3), answer_begun("s-1", 1, 5).encode(), answer_begun("s-1", 1, 5)),
        (
            LogHeaders(RecordKind.RESUME, "d", 1),
            connection_resumed("s-1", have_final=2, from_frame=9).encode(),
            ResumeRecord(connection_resumed("s-1", have_final=2, from_frame=9), "d", 1),
        ),
        (LogHeaders(RecordKind.ALIVE, "c", 3), ALIVE.encode(), ALIVE),
        (LogHeaders(RecordKind.END), session_ended("s-1").encode(), session_ended("s-1")),
    ],
    ids=("start", "frame", "questions", "answer", "resume", "alive", "end"),
)
def test_every_kind_of_record_is_decoded(headers: LogHeaders, value: bytes, body: RecordBody) -> None:
    record, letter = decode_record(Consumed(value, headers.encode()))
    assert letter is None
    assert record is not None
    assert (record.session_id, record.partition, record.offset, record.timestamp_ms) == ("s-1", 2, 9, START_MS)
    assert record.body == body
    assert record.conn == headers.conn


@pytest.mark.parametrize(
    ("consumed", "reason"),
    [
        (Consumed(b""), "header 'kind' is missing"),
        (Consumed(b"", [("kind", b"shout")]), "'shout' is not a valid RecordKind"),
        (Consumed(b"", [("kind", b"\xff")]), "can't decode"),
        (Consumed(b"", [("kind", b"frame"), ("seq", b"first")]), "invalid literal"),
        (Consumed(b"\0\0", LogHeaders(RecordKind.FRAME).encode()), "'seq' is missing"),
        (Consumed(b"\0\0", FRAME.encode(), key=None), "key"),
        (Consumed(b"\0\0", FRAME.encode(), key=b"\xff"), "can't decode"),
        (Consumed(b"{", LogHeaders(RecordKind.END).encode()), "Invalid JSON"),
        (Consumed(None, LogHeaders(RecordKind.END).encode()), "Invalid JSON"),
        (Consumed(session_ended("s-2").encode(), LogHeaders(RecordKind.END).encode()), "different sessions"),
        (Consumed(session_started("s-1").encode(), LogHeaders(RecordKind.START).encode()), "where replies go"),
        (Consumed(b"{}", LogHeaders(RecordKind.RESUME).encode()), "ConnectionResumed"),
    ],
)
def test_a_record_that_cannot_be_decoded_is_a_dead_letter(consumed: Consumed, reason: str) -> None:
    record, letter = decode_record(consumed)
    assert record is None
    assert letter is not None
    assert reason in letter.reason
    assert (letter.key, letter.value, letter.partition, letter.offset) == (consumed.key, consumed.value, 2, 9)


@pytest.mark.parametrize(("size", "silence"), [(7999, 7998), (1, 0), (0, 0), (9000, FRAME_BYTES)])
def test_a_broken_frame_is_silence_of_its_length_and_a_dead_letter(size: int, silence: int) -> None:
    record, letter = decode_record(Consumed(b"\x01" * size, FRAME.encode()))
    assert record is not None
    assert record.body == FrameRecord(7, bytes(silence))
    assert letter is not None
    assert letter.value == b"\x01" * size


@given(
    st.lists(st.tuples(st.sampled_from(["kind", "seq", "conn", "reply-to", "x"]), st.binary(max_size=8))),
    st.none() | st.binary(max_size=50),
    st.none() | st.binary(max_size=5),
)
def test_nothing_on_the_topic_raises(headers: list[tuple[str, bytes]], value: bytes | None, key: bytes | None) -> None:
    record, letter = decode_record(Consumed(value, headers, key))
    assert record is not None or letter is not None
