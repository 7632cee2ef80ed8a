"""Many sessions with a voice filter: each frame is listened to in its turn, and windows that wait grow."""

from dataclasses import replace

from processors.transcribe.core.audio.vad import VadInput, VadOptions, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis
from processors.transcribe.core.session.registry import SessionRegistry
from tests.support.transcribe.core_values import OPTIONS, Script, words
from tests.support.transcribe.session_records import session_ended

WITH_VOICE = replace(OPTIONS, voice=VadOptions())


def speech(pieces: tuple[VadInput, ...]) -> list[VadOutput]:
    return [VadOutput((0.9,) * 8, piece.state) for piece in pieces]


def listen_all(streams: SessionRegistry) -> int:
    """Listen until nothing is left to listen to; gives the rounds it took."""
    rounds = 0
    while pieces := streams.unlistened():
        streams.listened(pieces, speech(pieces), go_on=True)
        rounds += 1
    return rounds


def test_all_sessions_are_listened_to_at_once_one_frame_each() -> None:
    streams = SessionRegistry(WITH_VOICE)
    scripts = [Script(f"s-{number}", first_offset=100 * number) for number in range(3)]
    streams.advance([script.start() for script in scripts])
    streams.advance([script.frame() for script in scripts for _ in range(3)])
    assert [piece.session_id for piece in streams.unlistened()] == ["s-0", "s-1", "s-2"]
    assert listen_all(streams) == 3
    assert streams.due(8) == ()


def test_a_session_that_shall_not_go_on_rests_until_the_log_is_advanced() -> None:
    streams, script = SessionRegistry(WITH_VOICE), Script()
    streams.advance([script.start(), script.frame(), script.frame()])
    pieces = streams.unlistened()
    streams.listened(pieces, speech(pieces), go_on=False)
    assert (streams.unlistened(), streams.busy) == ((), True)
    streams.advance([])
    assert len(streams.unlistened()) == 1


def test_the_end_waits_until_the_last_frame_was_listened_to() -> None:
    streams, script = SessionRegistry(WITH_VOICE), Script()
    streams.advance([script.start(), script.frame(), script.record(session_ended("s-1"))])
    assert streams.due(1) == ()
    listen_all(streams)
    assert len(streams.due(1)) == 1


def test_under_load_a_window_takes_all_that_has_come_and_nobody_waits_for_more_than_a_round() -> None:
    streams = SessionRegistry(replace(WITH_VOICE, coalesce=True))
    scripts = [Script(f"s-{number}", first_offset=1000 * number) for number in range(6)]
    streams.advance([script.start() for script in scripts])
    served: list[str] = []
    for _ in range(12):  # Six sessions, each a second of speech a round, and a model that hears two windows a round.
        streams.advance([script.frame() for script in scripts for _ in range(4)])
        listen_all(streams)
        windows = streams.due(2)
        served += [window.session_id for window in windows]
        # A word every half second: what is certain needs not be heard again.
        heard = [Hypothesis(words("and " * ((each.end_ms - each.start_ms) // 500), each_ms=500)) for each in windows]
        streams.settle(windows, heard)
    assert served == [f"s-{number}" for number in range(6)] * 4
    assert streams.waiting == 0  # All that was read waits in windows, or was heard.


def test_while_the_model_is_busy_a_window_waits_for_more_audio_but_last_words_do_not() -> None:
    streams = SessionRegistry(replace(WITH_VOICE, coalesce=True, window_frames=2, busy_window_frames=4))
    scripts = [Script("goes-on"), Script("ends", first_offset=100)]
    streams.observe(0, heavy=True)
    streams.advance([script.start() for script in scripts])
    streams.advance([script.frame() for script in scripts for _ in range(2)])
    listen_all(streams)
    assert (streams.due(8), streams.busy) == ((), False)
    streams.advance([scripts[1].record(session_ended("ends"))])
    assert [window.session_id for window in streams.due(8)] == ["ends"]
    streams.advance([scripts[0].frame() for _ in range(2)])
    listen_all(streams)
    assert [(window.session_id, window.new_ms) for window in streams.due(8)] == [("goes-on", 1000), ("ends", 500)]
    streams.observe(0, heavy=False)
    assert streams.busy


def test_a_window_that_no_more_audio_joins_waits_no_longer_than_that_would_take() -> None:
    streams, script = (
        SessionRegistry(replace(WITH_VOICE, coalesce=True, window_frames=2, busy_window_frames=4)),
        Script(),
    )
    streams.observe(5000, heavy=True)
    streams.advance([script.start(), script.frame(), script.frame()])
    listen_all(streams)
    streams.observe(5999, heavy=True)
    assert (streams.due(8), streams.busy) == ((), False)
    streams.observe(6000, heavy=True)
    assert streams.busy
    assert [window.new_ms for window in streams.due(8)] == [500]


def test_a_session_that_is_lost_while_it_is_listened_to_is_forgotten() -> None:
    streams, script = SessionRegistry(WITH_VOICE), Script(partition=1)
    streams.advance([script.start(), script.frame()])
    streams.forget({1})
    assert (streams.unlistened(), streams.busy) == ((), False)
