import pytest

from bench.charts import LineChart
from bench.growth import WindowCost, a_minute, by_minute, picture
from bench.workload import Workload


def test_windows_count_in_the_minute_in_which_they_end() -> None:
    costs = [
        WindowCost(end_ms=60_000, audio_ms=3000, model_s=0.6, cpu_s=0.3),
        WindowCost(end_ms=60_500, audio_ms=1500, model_s=1.2, cpu_s=0.6),
        WindowCost(end_ms=61_000, audio_ms=1500, model_s=1.2, cpu_s=0.6),
    ]

    first, second = by_minute(costs, 2)

    assert first == {
        "minute": 1,
        "windows": 1,
        "model_s_per_audio_s": 0.01,
        "cpu_s_per_audio_s": 0.005,
        "window_s_per_audio_s": 0.05,
    }
    assert (second["windows"], second["model_s_per_audio_s"]) == (2, pytest.approx(0.04))


def test_a_minute_is_one_and_ends_in_silence() -> None:
    minute = a_minute(Workload())

    assert len(minute) == 60 * 32_000
    assert not any(minute[-32_000:])
    assert any(minute[-10 * 32_000 :])


def test_the_picture_shows_minutes_and_sessions() -> None:
    minutes = [{"minute": each, "model_s_per_audio_s": 0.03, "cpu_s_per_audio_s": 0.02} for each in (1, 2)]
    sessions = [{"sessions": each, "model_s_per_audio_s": 0.01, "cpu_s_per_audio_s": 0.02} for each in (1, 8)]

    one, several = picture({"minutes": minutes, "sessions": sessions}).charts

    assert isinstance(one, LineChart)
    assert one.series == {"wall clock": [(1, 0.03), (2, 0.03)], "CPU": [(1, 0.02), (2, 0.02)]}
    assert one.goal == pytest.approx(0.0315)
    assert isinstance(several, LineChart)
    assert several.series["wall clock"] == [(1, 0.01), (8, 0.01)]
