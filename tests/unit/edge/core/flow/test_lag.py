"""How far the transcriber is behind: what counts as delay, what a recording brings upon itself, and who has to wait."""

from edge.core.flow.lag import Progress


def spoken(progress: Progress, frames: int, from_ms: int, every_ms: int = 250) -> Progress:
    """So many more frames, kept one after the other."""
    for number in range(1, frames + 1):
        progress = progress.keep(progress.kept + 1, from_ms + number * every_ms)
    return progress


def test_what_a_live_speaker_said_and_nobody_heard_is_the_lag() -> None:
    progress = spoken(Progress(), 40, 0).hear(20)
    lag_s = progress.lag_s(10_000)
    assert lag_s is not None
    assert 4.7 <= lag_s <= 5.0
    assert progress.lag_s(10_300) == 5.0
    assert progress.hear(40).lag_s(10_300) == 0, "who speaks counts among those who are heard in time"
    assert progress.hear(40).lag_s(13_000) is None


def test_a_recording_is_no_delay_while_it_is_heard_at_the_pace_of_speech() -> None:
    progress = spoken(Progress(), 100, 0, every_ms=31)
    assert progress.lag_s(3_100) is not None
    assert (progress.lag_s(3_100) or 0) < 3.5
    assert progress.hear(20).lag_s(3_100) is None


def test_a_recording_that_nobody_hears_at_all_is() -> None:
    assert (spoken(Progress(), 100, 0, every_ms=31).lag_s(10_000) or 0) > 10.0


def test_silence_saves_nothing_up_for_a_burst() -> None:
    progress = spoken(Progress(), 4, 0).hear(4)
    burst = spoken(progress, 80, 60_000, every_ms=10)
    assert (burst.lag_s(60_800) or 0) < 1.2


def test_what_is_left_over_from_a_full_window_says_nothing_after_a_while() -> None:
    progress = spoken(Progress(), 5, 0).hear(4)
    assert progress.lag_s(1_300) is not None
    assert progress.lag_s(5_000) is None


def test_a_connection_that_resumes_begins_anew() -> None:
    progress = Progress.from_frame(100)
    assert progress.lag_s(60_000) is None
    assert progress.hear(50).heard == 100
    progress = spoken(progress, 4, 1_000)
    assert (progress.lag_s(2_000) or 0) <= 1.0


def test_who_is_far_ahead_of_the_transcriber_waits_until_it_has_heard_more() -> None:
    progress = spoken(Progress(), 119, 0, every_ms=10)
    assert progress.pause_ms(1_190) == 0
    progress = progress.keep(120, 1_200)
    assert progress.pause_ms(1_200) > 15_000
    assert progress.hear(1).pause_ms(1_200) == 0


def test_if_nothing_is_ever_heard_it_may_still_go_on_at_the_pace_of_speech() -> None:
    progress = spoken(Progress(), 120, 0, every_ms=10)
    wait_ms = progress.pause_ms(1_200)
    assert progress.pause_ms(int(1_200 + wait_ms) + 1) == 0


def test_a_live_speaker_never_waits_however_slow_the_transcriber_is() -> None:
    progress = Progress()
    for number in range(1, 2400):
        progress = progress.keep(number, number * 250)
        assert progress.pause_ms(number * 250) == 0


def test_nor_does_one_whose_network_stood_still() -> None:
    progress = spoken(Progress(), 400, 0)
    late = spoken(progress, 20, 105_000, every_ms=1)
    assert late.pause_ms(105_020) == 0
