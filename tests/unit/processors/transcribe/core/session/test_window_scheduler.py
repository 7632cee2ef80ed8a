"""Windows that are with the model: one of a session at a time, whose log waits until it is settled."""

from dataclasses import replace

import pytest

from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.registry import SessionRegistry
from tests.support.transcribe.core_values import OPTIONS, Script


def all_alike(_: Window) -> int:
    return 0


def due_streams(*names: str) -> tuple[SessionRegistry, list[Script]]:
    """A window of each session is due, in this order."""
    streams = SessionRegistry(replace(OPTIONS, coalesce=True))
    scripts = [Script(name, first_offset=100 * at) for at, name in enumerate(names)]
    for script in scripts:
        streams.advance([script.start(), *(script.frame() for _ in range(4))])
    return streams, scripts


def names(windows: tuple[Window, ...]) -> list[str]:
    return [window.session_id for window in windows]


def test_what_is_taken_is_given_out_no_more_until_it_is_settled() -> None:
    streams, _ = due_streams("a", "b", "c")
    first = streams.take_due(2, all_alike)
    assert (names(first), streams.ready, streams.busy) == (["a", "b"], 1, True)
    assert names(streams.take_due(2, all_alike)) == ["c"]
    assert (streams.take_due(2, all_alike), streams.busy) == ((), False)


@pytest.mark.parametrize(("limit", "taken"), [(0, []), (1, ["a"]), (2, ["a", "c"]), (3, ["a", "c"])])
def test_a_batch_is_of_the_kind_of_the_window_that_has_waited_longest(limit: int, taken: list[str]) -> None:
    streams, _ = due_streams("a", "b", "c")
    assert names(streams.take_due(limit, lambda window: window.session_id in "ac")) == taken


def test_a_session_s_log_waits_while_its_window_is_with_the_model_and_goes_on_after_it() -> None:
    streams, [script] = due_streams("a")
    taken = streams.take_due(1, all_alike)
    streams.advance([script.frame() for _ in range(4)])
    assert (streams.waiting, streams.busy) == (4, False)
    streams.settle(taken, [Hypothesis()])
    assert streams.restless
    streams.advance([])
    assert streams.waiting == 0
    [window] = streams.take_due(1, all_alike)
    assert window.new_ms == 1000


def test_a_window_of_a_forgotten_session_keeps_nobody_from_its_next() -> None:
    streams, _ = due_streams("a")
    streams.take_due(1, all_alike)
    streams.forget({0})
    script = Script("a", first_offset=100)
    streams.advance([script.start(), *(script.frame() for _ in range(4))])
    assert names(streams.take_due(1, all_alike)) == ["a"]
