"""Many sessions side by side: each at its own log's pace, all served in turn."""

import pytest

from processors.transcribe.core.audio.windows import Hypothesis
from processors.transcribe.core.session.idle import OpenSession
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import IgnoredReason
from processors.transcribe.core.session.registry import SessionRegistry
from schemas.replies import Gone
from schemas.transcripts import SessionTranscribed
from tests.support.transcribe.core_values import OPTIONS, Script, resume, words
from tests.support.transcribe.session_records import session_ended


@pytest.fixture
def streams() -> SessionRegistry:
    return SessionRegistry(OPTIONS)


def spoken_log(script: Script, frames: int) -> list[SessionLogRecord]:
    return [script.start(), *(script.frame() for _ in range(frames)), script.record(session_ended(script.session_id))]


def hear_all(streams: SessionRegistry, limit: int = 8) -> list[list[str]]:
    """Rounds until nothing is due; gives each round's sessions."""
    rounds = []
    while windows := streams.due(limit):
        rounds.append([window.session_id for window in windows])
        streams.settle(windows, [Hypothesis() for _ in windows])
        streams.advance([])
    return rounds


def test_a_record_without_a_session_changes_nothing(streams: SessionRegistry) -> None:
    output = streams.advance([Script().frame()])
    assert output.dropped == (IgnoredReason.NO_SESSION,)
    assert streams.open_sessions() == ()


def test_a_fast_recording_takes_turns_with_a_live_session(streams: SessionRegistry) -> None:
    streams.advance(spoken_log(Script("fast"), 16))
    streams.advance(spoken_log(Script("live", first_offset=100), 4))
    assert hear_all(streams) == [["fast", "live"], ["fast", "live"], ["fast"], ["fast"], ["fast"]]


def test_when_there_is_not_room_for_all_who_waited_longest_comes_first(streams: SessionRegistry) -> None:
    for number in range(3):
        streams.advance(spoken_log(Script(f"s-{number}", first_offset=100 * number), 8))
    assert hear_all(streams, limit=2)[:3] == [["s-0", "s-1"], ["s-2", "s-0"], ["s-1", "s-2"]]


def test_records_wait_while_a_window_is_due(streams: SessionRegistry) -> None:
    streams.advance(spoken_log(Script(), 12)[:-1])
    assert (streams.busy, streams.waiting) == (True, 8)
    assert streams.crowded(8) == {0}
    assert streams.crowded(9) == frozenset()
    hear_all(streams)
    assert (streams.busy, streams.waiting, streams.crowded(1)) == (False, 0, frozenset())


def test_a_successor_begins_with_the_oldest_record_that_is_still_needed(streams: SessionRegistry) -> None:
    first, second = Script("s-1", first_offset=10), Script("s-2", first_offset=30)
    streams.advance([first.start(), first.frame(), second.start(), second.frame()])
    assert streams.position(0, read_to=40) == 11  # It holds audio.
    assert streams.position(1, read_to=7) == 7
    streams.advance([first.record(session_ended("s-1"))])
    hear_all(streams)
    assert streams.position(0, read_to=41) == 31
    streams.advance([second.record(session_ended("s-2"))])
    hear_all(streams)
    assert streams.position(0, read_to=42) == 42


def test_what_waits_is_needed_too(streams: SessionRegistry) -> None:
    script = Script()
    streams.advance([script.start(), *(script.frame() for _ in range(4)), script.record(session_ended("s-1"))])
    window = streams.due(1)
    assert streams.position(0, read_to=6) == 1
    streams.settle(window, [Hypothesis()])
    assert streams.waiting == 1
    assert streams.position(0, read_to=6) <= 5


def test_what_comes_after_the_end_is_dropped(streams: SessionRegistry) -> None:
    script = Script()
    streams.advance([*spoken_log(script, 1), script.frame(), script.record(session_ended("s-1"))])
    output = streams.settle(streams.due(1), [Hypothesis(words("hello"))])
    assert [type(fact.event) for fact in output.facts][-1] is SessionTranscribed
    assert streams.advance([]).dropped == (IgnoredReason.AFTER_END, IgnoredReason.AFTER_END)
    assert streams.open_sessions() == ()
    assert streams.waiting == 0


def test_an_ended_session_is_remembered_until_nothing_of_it_will_be_read_again(streams: SessionRegistry) -> None:
    script, other = Script(), Script("s-2", first_offset=100)
    streams.advance([*spoken_log(script, 1), other.start()])
    hear_all(streams)
    [ended] = [each for each in streams.snapshots(0, {}, 0, 50, now_ms=1000).values() if each and each.ended_at_ms]
    assert (ended.session_id, ended.ended_at_ms) == ("s-1", 1000)
    assert streams.snapshots(0, {}, 0, 50, now_ms=600_999) == {}
    assert streams.snapshots(0, {}, 0, 2, now_ms=601_000) == {}
    assert streams.snapshots(0, {}, 0, 50, now_ms=601_000) == {"s-1": None}
    assert streams.advance([script.frame()]).dropped == (IgnoredReason.NO_SESSION,)


def test_a_client_that_comes_back_to_no_session_is_told_so(streams: SessionRegistry) -> None:
    [reply] = streams.advance([Script().record(resume("conn-2", reply_to=1))]).replies
    assert (reply.partition, reply.reply_to, reply.reply.conn) == (0, 1, "conn-2")
    assert reply.reply.message == Gone(code="no_session")


def test_sessions_of_lost_partitions_are_forgotten(streams: SessionRegistry) -> None:
    streams.advance(spoken_log(Script("gone", partition=1), 8))
    streams.advance([Script("kept", partition=2).start()])
    streams.forget({1})
    assert streams.open_sessions() == (OpenSession("kept", 2, 0),)
    assert (streams.due(8), streams.waiting) == ((), 0)


def test_an_open_session_is_known_by_its_last_record_even_if_that_waits(streams: SessionRegistry) -> None:
    script = Script(first_offset=5)
    streams.advance([script.start(), *(script.frame() for _ in range(6))])
    assert streams.open_sessions() == (OpenSession("s-1", 0, 11),)


def test_a_window_that_could_not_be_heard_is_told_to_a_person(streams: SessionRegistry) -> None:
    streams.advance(spoken_log(Script(), 1))
    output = streams.settle(streams.due(1), [Hypothesis(failed="RuntimeError: broken")])
    (letter,) = output.rejected
    assert (letter.partition, letter.offset, letter.key, letter.value) == (0, 2, b"s-1", None)
    assert "RuntimeError: broken" in letter.reason
    assert isinstance(output.facts[-1].event, SessionTranscribed)
