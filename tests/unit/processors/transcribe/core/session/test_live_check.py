"""Whether a session is spoken live."""

from processors.transcribe.core.session.live_check import LiveCheck


def test_speech_as_fast_as_the_clock_is_live() -> None:
    live_check = LiveCheck(started_ms=0)
    for second in range(1, 600):
        live_check = live_check.update(audio_ms=second * 1000, at_ms=second * 1000 - 500)
    assert live_check.live


def test_audio_collected_before_the_start_is_live() -> None:
    assert LiveCheck(0).update(audio_ms=2500, at_ms=10).live


def test_a_recording_sent_faster_than_speech_is_not_live_and_stays_so() -> None:
    live_check = LiveCheck(0).update(audio_ms=16_000, at_ms=8000)
    assert not live_check.live
    assert not live_check.update(audio_ms=17_000, at_ms=80_000).live


def test_a_gap_after_which_everything_arrives_at_once_is_live() -> None:
    assert LiveCheck(0).update(audio_ms=20_000, at_ms=20_000).live
