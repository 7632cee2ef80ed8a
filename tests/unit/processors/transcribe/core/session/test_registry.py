"""Many sessions side by side: each at its own log's pace, all served in turn."""

import pytest

from processors.transcribe.core.audio.windows import Hypothesis
from processors.transcribe.core.session.idle_sessions import OpenSession
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import IgnoredReason
from processors.transcribe.core.session.registry import SessionRegistry
from schemas.replies import Gone
from schemas.transcripts import SessionTranscribed
from tests.support.transcribe.core_values import OPTIONS, Script, any_batch, resume, words
from tests.support.transcribe.session_records import session_ended


@pytest.fixture
def sessions() -> SessionRegistry:
    return SessionRegistry(OPTIONS)


def spoken_log(script: Script, frames: int) -> list[SessionLogRecord]:
    return [script.start(), *(script.frame() for _ in range(frames)), script.record(session_ended(script.session_id))]


def recognise_all(sessions: SessionRegistry, limit: int = 8) -> list[list[str]]:
    """Rounds until nothing is due; returns each round's sessions."""
    rounds = []
    while windows := sessions.scheduler.next_batch(limit, any_batch):
        rounds.append([window.session_id for window in windows])
        sessions.apply_hypotheses(windows, [Hypothesis() for _ in windows])
        sessions.advance([])
    return rounds


def test_a_record_without_a_session_changes_nothing(sessions: SessionRegistry) -> None:
    output = sessions.advance([Script().frame()])
    assert output.ignored == (IgnoredReason.NO_SESSION,)
    assert sessions.open_sessions() == ()


def test_a_fast_recording_takes_turns_with_a_live_session(sessions: SessionRegistry) -> None:
    sessions.advance(spoken_log(Script("fast"), 16))
    sessions.advance(spoken_log(Script("live", first_offset=100), 4))
    assert recognise_all(sessions) == [["fast", "live"], ["fast", "live"], ["fast"], ["fast"], ["fast"]]


def test_the_windows_that_have_waited_longest_come_first(sessions: SessionRegistry) -> None:
    for number in range(3):
        sessions.advance(spoken_log(Script(f"s-{number}", first_offset=100 * number), 8))
    assert recognise_all(sessions, limit=2)[:3] == [["s-0", "s-1"], ["s-2", "s-0"], ["s-1", "s-2"]]


def test_records_wait_while_a_window_is_due(sessions: SessionRegistry) -> None:
    sessions.advance(spoken_log(Script(), 12)[:-1])
    assert (sessions.has_work, sessions.buffered) == (True, 8)
    assert sessions.backlogged(8) == {0}
    assert sessions.backlogged(9) == frozenset()
    recognise_all(sessions)
    assert (sessions.has_work, sessions.buffered, sessions.backlogged(1)) == (False, 0, frozenset())


def test_the_offset_to_commit_is_the_oldest_record_still_needed(sessions: SessionRegistry) -> None:
    first, second = Script("s-1", first_offset=10), Script("s-2", first_offset=30)
    sessions.advance([first.start(), first.frame(), second.start(), second.frame()])
    assert sessions.offset_to_commit(0, next_offset=40) == 11  # It holds audio.
    assert sessions.offset_to_commit(1, next_offset=7) == 7
    sessions.advance([first.record(session_ended("s-1"))])
    recognise_all(sessions)
    assert sessions.offset_to_commit(0, next_offset=41) == 31
    sessions.advance([second.record(session_ended("s-2"))])
    recognise_all(sessions)
    assert sessions.offset_to_commit(0, next_offset=42) == 42


def test_buffered_records_are_still_needed(sessions: SessionRegistry) -> None:
    script = Script()
    sessions.advance([script.start(), *(script.frame() for _ in range(4)), script.record(session_ended("s-1"))])
    window = sessions.scheduler.next_batch(1, any_batch)
    assert sessions.offset_to_commit(0, next_offset=6) == 1
    sessions.apply_hypotheses(window, [Hypothesis()])
    assert sessions.buffered == 1
    assert sessions.offset_to_commit(0, next_offset=6) <= 5


def test_records_after_the_end_are_ignored(sessions: SessionRegistry) -> None:
    script = Script()
    sessions.advance([*spoken_log(script, 1), script.frame(), script.record(session_ended("s-1"))])
    output = sessions.apply_hypotheses(sessions.scheduler.next_batch(1, any_batch), [Hypothesis(words("hello"))])
    assert [type(fact.event) for fact in output.facts][-1] is SessionTranscribed
    assert sessions.advance([]).ignored == (IgnoredReason.AFTER_END, IgnoredReason.AFTER_END)
    assert sessions.open_sessions() == ()
    assert sessions.buffered == 0


def test_an_ended_session_is_remembered_until_none_of_its_records_will_be_read_again(sessions: SessionRegistry) -> None:
    script, other = Script(), Script("s-2", first_offset=100)
    sessions.advance([*spoken_log(script, 1), other.start()])
    recognise_all(sessions)
    [ended] = [each for each in sessions.snapshots(0, {}, 0, 50, now_ms=1000).values() if each and each.ended_at_ms]
    assert (ended.session_id, ended.ended_at_ms) == ("s-1", 1000)
    assert sessions.snapshots(0, {}, 0, 50, now_ms=600_999) == {}
    assert sessions.snapshots(0, {}, 0, 2, now_ms=601_000) == {}
    assert sessions.snapshots(0, {}, 0, 50, now_ms=601_000) == {"s-1": None}
    assert sessions.advance([script.frame()]).ignored == (IgnoredReason.NO_SESSION,)


def test_a_client_that_resumes_an_unknown_session_is_refused(sessions: SessionRegistry) -> None:
    [reply] = sessions.advance([Script().record(resume("conn-2", reply_to=1))]).replies
    assert (reply.partition, reply.reply_to, reply.reply.conn) == (0, 1, "conn-2")
    assert reply.reply.message == Gone(code="no_session")


def test_sessions_of_revoked_partitions_are_forgotten(sessions: SessionRegistry) -> None:
    sessions.advance(spoken_log(Script("gone", partition=1), 8))
    sessions.advance([Script("kept", partition=2).start()])
    sessions.remove_partitions({1})
    assert sessions.open_sessions() == (OpenSession("kept", 2, 0),)
    assert (sessions.scheduler.next_batch(8, any_batch), sessions.buffered) == ((), 0)


def test_an_open_session_has_the_offset_of_its_last_record_even_if_that_is_buffered(sessions: SessionRegistry) -> None:
    script = Script(first_offset=5)
    sessions.advance([script.start(), *(script.frame() for _ in range(6))])
    assert sessions.open_sessions() == (OpenSession("s-1", 0, 11),)


def test_a_window_that_could_not_be_recognised_becomes_a_dead_letter(sessions: SessionRegistry) -> None:
    sessions.advance(spoken_log(Script(), 1))
    output = sessions.apply_hypotheses(
        sessions.scheduler.next_batch(1, any_batch), [Hypothesis(failed="RuntimeError: broken")]
    )
    (letter,) = output.dead_letters
    assert (letter.partition, letter.offset, letter.key, letter.value) == (0, 2, b"s-1", None)
    assert "RuntimeError: broken" in letter.reason
    assert isinstance(output.facts[-1].event, SessionTranscribed)
