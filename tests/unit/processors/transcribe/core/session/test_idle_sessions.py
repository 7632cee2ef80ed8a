"""A client is gone when no record arrived during the grace period, in time in which it could have been read."""

from processors.transcribe.core.session.idle_sessions import IdleWatch, OpenSession

GRACE_MS = 30_000
QUIET = OpenSession("s-1", 0, 5)


def pass_time(
    watch: IdleWatch, from_ms: int, to_ms: int, session: OpenSession = QUIET, partition: int = 0
) -> list[int]:
    """The partition's end is seen once a second; returns the times at which the session was reported."""
    return [now for now in range(from_ms, to_ms, 1000) if watch.expired({partition: now}, [session])]


def test_a_session_is_reported_once_when_its_grace_has_run_out() -> None:
    assert pass_time(IdleWatch(GRACE_MS), 0, 100_000) == [GRACE_MS]


def test_another_record_restarts_the_grace() -> None:
    watch = IdleWatch(GRACE_MS)
    assert pass_time(watch, 0, 29_000) == []
    assert pass_time(watch, 29_000, 120_000, OpenSession("s-1", 0, 6)) == [59_000]


def test_an_end_that_turned_out_void_restarts_the_grace() -> None:
    watch = IdleWatch(GRACE_MS)
    assert pass_time(watch, 0, 31_000) == [30_000]
    assert pass_time(watch, 31_000, 62_000, OpenSession("s-1", 0, 8)) == [61_000]


def test_time_in_which_the_partition_could_not_be_read_does_not_count() -> None:
    watch = IdleWatch(GRACE_MS)
    pass_time(watch, 0, 20_000)
    assert pass_time(watch, 20_000, 500_000, partition=1) == []
    assert pass_time(watch, 500_000, 520_000) == [509_000]


def test_a_long_time_between_two_observations_hardly_counts() -> None:
    watch = IdleWatch(GRACE_MS)
    watch.expired({0: 0}, [QUIET])
    assert watch.expired({0: 3_600_000}, [QUIET]) == ()


def test_an_observation_seen_twice_counts_once() -> None:
    watch = IdleWatch(GRACE_MS)
    assert [watch.expired({0: 1000}, [QUIET]) for _ in range(100)] == [()] * 100


def test_a_clock_that_is_set_back_loses_no_time() -> None:
    watch = IdleWatch(GRACE_MS)
    pass_time(watch, 100_000, 120_000)
    assert pass_time(watch, 0, 20_000) == [11_000]


def test_sessions_of_other_partitions_and_ended_ones_do_not_matter() -> None:
    watch = IdleWatch(GRACE_MS)
    other = OpenSession("s-2", 1, 9)
    for now_ms in range(0, 29_000, 1000):
        assert watch.expired({0: now_ms}, [QUIET, other]) == ()
    assert watch.expired({0: 30_000}, [other]) == ()
    assert watch.expired({0: 31_000}, [other]) == ()
