"""What counts as transcription lag, what does not because a recording was sent ahead, and which client is paused."""

from edge.core.flow.lag import TranscriptionLag


def after_speech(lag: TranscriptionLag, frames: int, from_ms: int, every_ms: int = 250) -> TranscriptionLag:
    """After Kafka accepted so many more frames, one by one."""
    for number in range(1, frames + 1):
        lag = lag.with_appended(lag.appended + 1, from_ms + number * every_ms)
    return lag


def test_the_lag_is_what_a_live_speaker_said_and_the_transcriber_did_not_process() -> None:
    lag = after_speech(TranscriptionLag(), 40, 0).with_transcribed(20)
    lag_s = lag.lag_s(10_000)
    assert lag_s is not None
    assert 4.7 <= lag_s <= 5.0
    assert lag.lag_s(10_300) == 5.0
    assert lag.with_transcribed(40).lag_s(10_300) == 0, "a session without delay counts as one, while its client speaks"
    assert lag.with_transcribed(40).lag_s(13_000) is None


def test_a_recording_has_no_lag_while_it_is_transcribed_at_the_pace_of_speech() -> None:
    lag = after_speech(TranscriptionLag(), 100, 0, every_ms=31)
    assert lag.lag_s(3_100) is not None
    assert (lag.lag_s(3_100) or 0) < 3.5
    assert lag.with_transcribed(20).lag_s(3_100) is None


def test_a_recording_that_is_not_transcribed_at_all_has_a_lag() -> None:
    assert (after_speech(TranscriptionLag(), 100, 0, every_ms=31).lag_s(10_000) or 0) > 10.0


def test_a_pause_gives_no_credit_for_a_burst() -> None:
    lag = after_speech(TranscriptionLag(), 4, 0).with_transcribed(4)
    burst = after_speech(lag, 80, 60_000, every_ms=10)
    assert (burst.lag_s(60_800) or 0) < 1.2


def test_frames_that_fill_no_window_tell_no_lag_after_a_while() -> None:
    lag = after_speech(TranscriptionLag(), 5, 0).with_transcribed(4)
    assert lag.lag_s(1_300) is not None
    assert lag.lag_s(5_000) is None


def test_a_resumed_connection_starts_without_lag() -> None:
    lag = TranscriptionLag.from_frame(100)
    assert lag.lag_s(60_000) is None
    assert lag.with_transcribed(50).transcribed == 100
    lag = after_speech(lag, 4, 1_000)
    assert (lag.lag_s(2_000) or 0) <= 1.0


def test_a_client_too_far_ahead_is_paused_until_the_transcriber_progresses() -> None:
    lag = after_speech(TranscriptionLag(), 119, 0, every_ms=10)
    assert lag.pause_ms(1_190) == 0
    lag = lag.with_appended(120, 1_200)
    assert lag.pause_ms(1_200) > 15_000
    assert lag.with_transcribed(1).pause_ms(1_200) == 0


def test_without_progress_a_paused_client_goes_on_at_the_pace_of_speech() -> None:
    lag = after_speech(TranscriptionLag(), 120, 0, every_ms=10)
    wait_ms = lag.pause_ms(1_200)
    assert lag.pause_ms(int(1_200 + wait_ms) + 1) == 0


def test_a_live_speaker_is_never_paused_however_slow_the_transcriber() -> None:
    lag = TranscriptionLag()
    for number in range(1, 2400):
        lag = lag.with_appended(number, number * 250)
        assert lag.pause_ms(number * 250) == 0


def test_a_live_speaker_is_not_paused_after_a_network_interruption() -> None:
    lag = after_speech(TranscriptionLag(), 400, 0)
    late = after_speech(lag, 20, 105_000, every_ms=1)
    assert late.pause_ms(105_020) == 0
