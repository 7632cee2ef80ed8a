"""When the workers count as saturated."""

from processors.transcribe.core.session.utilisation import Utilisation


def after(utilisation: Utilisation, seconds: int, busy_ms: int) -> Utilisation:
    """This many seconds, in each of which the workers are busy for so long."""
    begin_ms = utilisation.until_ms or 0
    for second in range(seconds):
        ended_ms = begin_ms + (second + 1) * 1000
        utilisation = utilisation.update(ended_ms - busy_ms, ended_ms)
    return utilisation


def test_workers_are_saturated_when_busy_more_than_half_of_the_time() -> None:
    assert not after(Utilisation(), 60, busy_ms=450).saturated
    assert after(Utilisation(), 60, busy_ms=550).saturated


def test_they_stay_saturated_when_longer_steps_halve_the_load() -> None:
    busy = after(Utilisation(), 60, busy_ms=600)
    assert after(busy, 60, busy_ms=300).saturated
    assert not after(busy, 60, busy_ms=150).saturated


def test_a_short_burst_does_not_saturate_them() -> None:
    assert not after(after(Utilisation(), 10, busy_ms=100), 2, busy_ms=1000).saturated


def test_idle_workers_are_no_longer_saturated() -> None:
    busy = after(Utilisation(), 60, busy_ms=900)
    assert not after(busy, 10, busy_ms=0).saturated


def test_a_clock_that_stands_still_changes_nothing() -> None:
    utilisation = after(Utilisation(), 3, busy_ms=500)
    assert utilisation.update(3000, 3000) == utilisation
