"""The stub transcriber answers as the transcriber would."""

from collections.abc import Sequence

from bench.edge.stub_transcriber import StubAnswer, StubSessions
from infra.kafka.headers import LogHeaders
from schemas.replies import Gone, Resumed, Superseded
from schemas.sessions import ConnectionResumed, RecordKind
from schemas.wire import Partial, ReportMessage, Summary

FIRST, SECOND = "c1", "c2"


def resumed(from_frame: int) -> bytes:
    return ConnectionResumed(event_id="r", at_ms=0, session_id="s", have_final=0, from_frame=from_frame).encode()


def speaking(frames: int) -> StubSessions:
    sessions = StubSessions(every_s=1.0)
    sessions.receive("s", LogHeaders(RecordKind.START, FIRST, 0), b"")
    for seq in range(frames):
        sessions.receive("s", LogHeaders(RecordKind.FRAME, FIRST, 0, seq), b"")
    return sessions


def summarised(answers: Sequence[StubAnswer]) -> list[tuple[str, int, type]]:
    return [(answer.conn, answer.reply_to, type(answer.message)) for answer in answers]


def test_a_resume_is_answered_at_its_new_address_and_the_older_connection_is_superseded() -> None:
    sessions = speaking(3)

    answers = sessions.receive("s", LogHeaders(RecordKind.RESUME, SECOND, 1), resumed(2))

    assert summarised(answers) == [(FIRST, 0, Superseded), (SECOND, 1, Resumed)]
    assert answers[1].message == Resumed(next_frame=3)


def test_frames_of_an_older_connection_and_duplicates_do_not_count() -> None:
    sessions = speaking(3)
    sessions.receive("s", LogHeaders(RecordKind.RESUME, SECOND, 0), resumed(2))
    sessions.receive("s", LogHeaders(RecordKind.FRAME, FIRST, 0, 3), b"")
    for seq in (2, 3):
        sessions.receive("s", LogHeaders(RecordKind.FRAME, SECOND, 0, seq), b"")

    assert list(sessions.due(now_s=10.0)) == []

    (answer,) = sessions.due(now_s=11.0)

    assert (answer.conn, answer.frames) == (SECOND, 4)
    assert isinstance(answer.message, Partial)
    assert list(sessions.due(now_s=12.0)) == [], "no frame has come since"


def test_a_session_that_cannot_be_resumed_is_gone() -> None:
    unknown = StubSessions(every_s=1.0).receive("s", LogHeaders(RecordKind.RESUME, SECOND, 0), resumed(0))
    gap = speaking(1).receive("s", LogHeaders(RecordKind.RESUME, SECOND, 0), resumed(2))

    assert [answer.message for answer in (*unknown, *gap)] == [Gone(code="no_session"), Gone(code="frame_gap")]


def test_a_session_that_ended_is_summed_up_and_can_be_resumed_for_ten_minutes() -> None:
    sessions = speaking(4)

    summary, report = sessions.receive("s", LogHeaders(RecordKind.END, FIRST, 0), b"")

    assert isinstance(summary.message, Summary)
    assert summary.message.audio_ms == 1000
    assert isinstance(report.message, ReportMessage)
    for now_s in (0.0, 1.0, 600.0):
        assert list(sessions.due(now_s)) == []
    superseded, *again = sessions.receive("s", LogHeaders(RecordKind.RESUME, SECOND, 0), resumed(4))
    assert isinstance(superseded.message, Superseded)
    assert [type(answer.message) for answer in again] == [Resumed, Summary, ReportMessage]
    assert list(sessions.due(now_s=601.0)) == []
    gone = sessions.receive("s", LogHeaders(RecordKind.RESUME, SECOND, 0), resumed(4))
    assert summarised(gone) == [(SECOND, 0, Gone)]


def test_the_partials_of_sessions_that_start_together_are_spread_over_time() -> None:
    sessions = StubSessions(every_s=1.0)
    for number in range(20):
        sessions.receive(f"s{number}", LogHeaders(RecordKind.START, FIRST, 0), b"")
        sessions.receive(f"s{number}", LogHeaders(RecordKind.FRAME, FIRST, 0, 0), b"")

    due_at_once = [len(list(sessions.due(now_s=tenth / 10))) for tenth in range(11)]

    assert sum(due_at_once) == 20
    assert max(due_at_once) <= 3
