import pytest

from bench.charts import draw
from bench.growth import Heard, a_minute, by_minute, panels


def test_windows_count_in_the_minute_in_which_they_end() -> None:
    heard = [
        Heard(end_ms=60_000, audio_ms=3000, model_s=0.6, cpu_s=0.3),
        Heard(end_ms=60_500, audio_ms=1500, model_s=1.2, cpu_s=0.6),
        Heard(end_ms=61_000, audio_ms=1500, model_s=1.2, cpu_s=0.6),
    ]

    first, second = by_minute(heard, 2)

    assert first == {
        "minute": 1,
        "windows": 1,
        "model_s_per_audio_s": 0.01,
        "cpu_s_per_audio_s": 0.005,
        "heard_s_per_audio_s": 0.05,
    }
    assert (second["windows"], second["model_s_per_audio_s"]) == (2, pytest.approx(0.04))


def test_a_minute_is_one_and_ends_in_silence() -> None:
    minute = a_minute()

    assert len(minute) == 60 * 32_000
    assert not any(minute[-32_000:])
    assert any(minute[-10 * 32_000 :])


def test_the_picture_shows_minutes_and_sessions() -> None:
    minutes = [{"minute": each, "model_s_per_audio_s": 0.03, "cpu_s_per_audio_s": 0.02} for each in (1, 2)]
    sessions = [{"sessions": each, "model_s_per_audio_s": 0.01, "cpu_s_per_audio_s": 0.02} for each in (1, 8)]

    drawn = panels({"minutes": minutes, "sessions": sessions})

    assert drawn[0].series == {"by the clock": [(1, 0.03), (2, 0.03)], "of processors": [(1, 0.02), (2, 0.02)]}
    assert drawn[1].series["by the clock"] == [(1, 0.01), (8, 0.01)]
    assert draw(drawn).count("<polyline") == 4
