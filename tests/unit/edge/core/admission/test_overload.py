"""When a session may start. The clock is the test's."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.admission.overload import AdmissionControl

LIMIT_S = 3.0
BURST = 8


@pytest.fixture
def control() -> AdmissionControl:
    return AdmissionControl(LIMIT_S, BURST)


def update(control: AdmissionControl, lags_s: Sequence[float], from_ms: int, to_ms: int) -> None:
    for now_ms in range(from_ms, to_ms, 250):
        control.update(lags_s, now_ms)


def start(control: AdmissionControl, wanted: int, now_ms: int) -> int:
    """How many of `wanted` sessions may start now."""
    return sum(control.admit(f"{now_ms}-{number}", now_ms) is None for number in range(wanted))


def test_a_burst_may_start_and_more_once_its_load_shows(control: AdmissionControl) -> None:
    update(control, [], 0, 1000)
    assert start(control, 100, 1000) == BURST
    update(control, [0.5] * BURST, 1000, 6000)
    assert start(control, 100, 5900) == 0
    assert start(control, 100, 6000) == BURST


def test_as_many_may_start_as_are_running(control: AdmissionControl) -> None:
    update(control, [0.8] * 100, 0, 5000)
    assert start(control, 1000, 5000) == 100


def test_the_nearer_the_limit_the_fewer_may_start(control: AdmissionControl) -> None:
    admitted = []
    for lag_s in (1.0, 1.6, 2.2, 2.8):
        control = AdmissionControl(LIMIT_S, BURST)
        update(control, [lag_s] * 10, 0, 5000)
        admitted.append(start(control, 100, 5000))
    assert admitted == [10, 7, 3, 1]


def test_admission_closes_at_the_limit_and_reopens_well_below(control: AdmissionControl) -> None:
    update(control, [3.1] * 10, 0, 10_000)
    assert control.closed
    assert start(control, 10, 10_000) == 0
    update(control, [2.7] * 10, 10_000, 40_000)
    assert control.closed
    update(control, [1.5] * 10, 40_000, 60_000)
    assert not control.closed
    assert start(control, 1, 60_000) == 1


def test_admission_closes_fast_and_reopens_slowly(control: AdmissionControl) -> None:
    update(control, [1.0] * 10, 0, 10_000)
    update(control, [6.0] * 10, 10_000, 11_000)
    assert control.closed
    update(control, [0.5] * 10, 11_000, 12_000)
    assert control.closed


@pytest.mark.parametrize("others", [1, 2, 8, 50])
def test_one_broken_session_does_not_close_admission(others: int, control: AdmissionControl) -> None:
    update(control, [600.0] + [0.7] * others, 0, 10_000)
    assert not control.closed
    assert start(control, 1, 10_000) == 1


def test_one_slow_transcriber_of_several_closes_admission(control: AdmissionControl) -> None:
    update(control, [6.0] * 10 + [0.7] * 30, 0, 10_000)
    assert control.closed


def test_admission_closes_while_the_transcriber_is_down(control: AdmissionControl) -> None:
    update(control, [0.7] * 10, 0, 10_000)
    for now_ms in range(10_000, 20_000, 250):
        control.update([0.7 + (now_ms - 10_000) / 1000] * 10, now_ms)
    assert control.closed
    assert start(control, 10, 20_000) == 0


def test_admission_reopens_when_no_session_tells_a_lag(control: AdmissionControl) -> None:
    update(control, [9.0] * 3, 0, 10_000)
    assert control.closed
    control.update([], 10_000)
    assert start(control, 100, 10_000) == BURST


def test_a_released_connection_makes_room(control: AdmissionControl) -> None:
    update(control, [], 0, 1000)
    assert start(control, BURST, 1000) == BURST
    control.release("1000-3")
    control.release("never here")
    assert start(control, BURST, 1100) == 1


def test_retry_times_of_rejected_clients_are_spread(control: AdmissionControl) -> None:
    update(control, [], 0, 1000)
    start(control, BURST, 1000)
    waits = [control.admit(f"late {number}", 2000) or 0 for number in range(8)]
    assert min(waits) >= 4000
    assert len(set(waits)) == 8
    update(control, [9.0] * 3, 1000, 9000)
    assert (control.admit("later", 9000) or 0) >= 5000


def test_without_a_limit_all_are_admitted() -> None:
    control = AdmissionControl(0, BURST)
    update(control, [60.0] * 100, 0, 10_000)
    assert not control.closed
    assert start(control, 1000, 10_000) == 1000


@settings(max_examples=30)
@given(st.floats(min_value=0.02, max_value=0.3), st.integers(min_value=1, max_value=4))
def test_a_transcriber_is_never_given_many_more_than_it_can_take(round_s: float, every: int) -> None:
    """All sessions take turns: with n of them each waits for up to two rounds of n times `round_s`."""
    control, speaking = AdmissionControl(LIMIT_S, BURST), dict[str, int]()
    for now_ms in range(0, 90_000, 250):
        lag_s = 2 * round_s * len(speaking)
        control.update([min(lag_s, (now_ms - began_ms) / 1000) for began_ms in speaking.values()], now_ms)
        for number in range(every):
            if control.admit(conn := f"{now_ms}-{number}", now_ms) is None:
                speaking[conn] = now_ms
    holds = LIMIT_S / (2 * round_s)
    assert len(speaking) <= max(BURST, holds * 1.4 + 1)
    assert len(speaking) >= min(holds * 0.7, 360 * every / 2)
