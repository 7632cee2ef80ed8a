"""Many sessions with voice activity detection: each frame is processed in its turn, and windows that wait grow."""

from dataclasses import replace

from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis
from processors.transcribe.core.session.registry import SessionRegistry
from tests.support.transcribe.core_values import OPTIONS, VAD_OPTIONS, Script, any_batch, words
from tests.support.transcribe.session_records import session_ended

WITH_VAD = replace(OPTIONS, vad=VAD_OPTIONS)


def speech(inputs: tuple[VadInput, ...]) -> list[VadOutput]:
    return [VadOutput((0.9,) * 8, each.state) for each in inputs]


def detect_all(sessions: SessionRegistry) -> int:
    """Detect until nothing is left to detect; returns the rounds it took."""
    rounds = 0
    while inputs := sessions.pending_vad():
        sessions.apply_vad(inputs, speech(inputs), go_on=True)
        rounds += 1
    return rounds


def test_the_detector_gets_one_frame_of_each_session_at_once() -> None:
    sessions = SessionRegistry(WITH_VAD)
    scripts = [Script(f"s-{number}", first_offset=100 * number) for number in range(3)]
    sessions.advance([script.start() for script in scripts])
    sessions.advance([script.frame() for script in scripts for _ in range(3)])
    assert [each.session_id for each in sessions.pending_vad()] == ["s-0", "s-1", "s-2"]
    assert detect_all(sessions) == 3
    assert sessions.scheduler.next_batch(8, any_batch) == ()


def test_a_session_yields_until_the_log_is_advanced() -> None:
    sessions, script = SessionRegistry(WITH_VAD), Script()
    sessions.advance([script.start(), script.frame(), script.frame()])
    inputs = sessions.pending_vad()
    sessions.apply_vad(inputs, speech(inputs), go_on=False)
    assert (sessions.pending_vad(), sessions.has_work) == ((), True)
    sessions.advance([])
    assert len(sessions.pending_vad()) == 1


def test_the_end_waits_for_the_detector_to_process_the_last_frame() -> None:
    sessions, script = SessionRegistry(WITH_VAD), Script()
    sessions.advance([script.start(), script.frame(), script.record(session_ended("s-1"))])
    assert sessions.scheduler.next_batch(1, any_batch) == ()
    detect_all(sessions)
    assert len(sessions.scheduler.next_batch(1, any_batch)) == 1


def test_under_load_a_window_takes_all_frames_and_no_session_waits_longer_than_a_round() -> None:
    sessions = SessionRegistry(replace(WITH_VAD, coalesce=True))
    scripts = [Script(f"s-{number}", first_offset=1000 * number) for number in range(6)]
    sessions.advance([script.start() for script in scripts])
    served: list[str] = []
    for _ in range(
        12
    ):  # Six sessions, each a second of speech a round, and a model that recognises two windows a round.
        sessions.advance([script.frame() for script in scripts for _ in range(4)])
        detect_all(sessions)
        windows = sessions.scheduler.next_batch(2, any_batch)
        served += [window.session_id for window in windows]
        # A word every half second: what is confirmed needs not be recognised again.
        hypotheses = [
            Hypothesis(words("and " * ((each.end_ms - each.start_ms) // 500), each_ms=500)) for each in windows
        ]
        sessions.apply_hypotheses(windows, hypotheses)
    assert served == [f"s-{number}" for number in range(6)] * 4
    assert sessions.buffered == 0  # All that was read waits in windows, or was recognised.


def test_while_the_model_is_busy_a_window_waits_for_more_audio_but_last_words_do_not() -> None:
    sessions = SessionRegistry(replace(WITH_VAD, coalesce=True, window_frames=2, busy_window_frames=4))
    scripts = [Script("goes-on"), Script("ends", first_offset=100)]
    sessions.scheduler.observe(0, saturated=True)
    sessions.advance([script.start() for script in scripts])
    sessions.advance([script.frame() for script in scripts for _ in range(2)])
    detect_all(sessions)
    assert (sessions.scheduler.next_batch(8, any_batch), sessions.has_work) == ((), False)
    sessions.advance([scripts[1].record(session_ended("ends"))])
    assert sessions.scheduler.ready == 1
    sessions.scheduler.observe(0, saturated=False)
    assert sessions.scheduler.ready == 2
    sessions.scheduler.observe(0, saturated=True)
    assert sessions.scheduler.ready == 1
    sessions.advance([scripts[0].frame() for _ in range(2)])
    detect_all(sessions)
    batch = sessions.scheduler.next_batch(8, any_batch)
    assert [(window.session_id, window.new_ms) for window in batch] == [("goes-on", 1000), ("ends", 500)]


def test_a_window_that_gets_no_more_audio_waits_no_longer_than_that_would_take() -> None:
    sessions = SessionRegistry(replace(WITH_VAD, coalesce=True, window_frames=2, busy_window_frames=4))
    script = Script()
    sessions.scheduler.observe(5000, saturated=True)
    sessions.advance([script.start(), script.frame(), script.frame()])
    detect_all(sessions)
    sessions.scheduler.observe(5999, saturated=True)
    assert (sessions.scheduler.next_batch(8, any_batch), sessions.has_work) == ((), False)
    sessions.scheduler.observe(6000, saturated=True)
    assert sessions.has_work
    assert [window.new_ms for window in sessions.scheduler.next_batch(8, any_batch)] == [500]


def test_a_revoked_session_that_waits_for_the_detector_is_forgotten() -> None:
    sessions, script = SessionRegistry(WITH_VAD), Script(partition=1)
    sessions.advance([script.start(), script.frame()])
    sessions.remove_partitions({1})
    assert (sessions.pending_vad(), sessions.has_work) == ((), False)
