"""When the model counts as busy."""

from processors.transcribe.core.session.utilisation import Utilisation


def after(load: Utilisation, seconds: int, busy_ms: int) -> Utilisation:
    """So many seconds, in each of which the model works so long."""
    begin_ms = load.until_ms or 0
    for second in range(seconds):
        ended_ms = begin_ms + (second + 1) * 1000
        load = load.heard(ended_ms - busy_ms, ended_ms)
    return load


def test_it_is_busy_when_it_works_more_than_half_of_the_time() -> None:
    assert not after(Utilisation(), 60, busy_ms=450).heavy
    assert after(Utilisation(), 60, busy_ms=550).heavy


def test_it_stays_so_when_longer_steps_halve_the_load() -> None:
    busy = after(Utilisation(), 60, busy_ms=600)
    assert after(busy, 60, busy_ms=300).heavy
    assert not after(busy, 60, busy_ms=150).heavy


def test_one_long_hearing_says_little() -> None:
    assert not after(after(Utilisation(), 10, busy_ms=100), 2, busy_ms=1000).heavy


def test_without_work_the_load_is_forgotten() -> None:
    busy = after(Utilisation(), 60, busy_ms=900)
    assert not after(busy, 10, busy_ms=0).heavy


def test_a_clock_that_stands_still_changes_nothing() -> None:
    load = after(Utilisation(), 3, busy_ms=500)
    assert load.heard(3000, 3000) == load
