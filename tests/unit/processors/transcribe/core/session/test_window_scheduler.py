"""Windows that are in flight: one of a session at a time, whose log waits until it is recognised."""

from dataclasses import replace

import pytest

from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.registry import SessionRegistry
from tests.support.transcribe.core_values import OPTIONS, Script, any_batch


def due_sessions(*names: str) -> tuple[SessionRegistry, list[Script]]:
    """A window of each session is due, in this order."""
    sessions = SessionRegistry(replace(OPTIONS, coalesce=True))
    scripts = [Script(name, first_offset=100 * at) for at, name in enumerate(names)]
    for script in scripts:
        sessions.advance([script.start(), *(script.frame() for _ in range(4))])
    return sessions, scripts


def names(windows: tuple[Window, ...]) -> list[str]:
    return [window.session_id for window in windows]


def test_a_window_in_flight_is_not_handed_out_again() -> None:
    sessions, _ = due_sessions("a", "b", "c")
    first = sessions.scheduler.next_batch(2, any_batch)
    assert (names(first), sessions.scheduler.ready, sessions.has_work) == (["a", "b"], 1, True)
    assert names(sessions.scheduler.next_batch(2, any_batch)) == ["c"]
    assert (sessions.scheduler.next_batch(2, any_batch), sessions.has_work) == ((), False)


@pytest.mark.parametrize(("limit", "batch"), [(0, []), (1, ["a"]), (2, ["a", "c"]), (3, ["a", "c"])])
def test_a_batch_has_the_key_of_the_window_that_has_waited_longest(limit: int, batch: list[str]) -> None:
    sessions, _ = due_sessions("a", "b", "c")
    assert names(sessions.scheduler.next_batch(limit, lambda window: window.session_id in "ac")) == batch


def test_a_sessions_records_wait_while_its_window_is_in_flight() -> None:
    sessions, [script] = due_sessions("a")
    batch = sessions.scheduler.next_batch(1, any_batch)
    sessions.advance([script.frame() for _ in range(4)])
    assert (sessions.buffered, sessions.has_work) == (4, False)
    sessions.apply_hypotheses(batch, [Hypothesis()])
    assert sessions.has_records_or_frames
    sessions.advance([])
    assert sessions.buffered == 0
    [window] = sessions.scheduler.next_batch(1, any_batch)
    assert window.new_ms == 1000


def test_a_window_in_flight_of_a_forgotten_session_does_not_block_its_next() -> None:
    sessions, _ = due_sessions("a")
    sessions.scheduler.next_batch(1, any_batch)
    sessions.remove_partitions({0})
    script = Script("a", first_offset=100)
    sessions.advance([script.start(), *(script.frame() for _ in range(4))])
    assert names(sessions.scheduler.next_batch(1, any_batch)) == ["a"]
