"""A client is gone when nothing came for the grace, in time in which it could have been read."""

from processors.transcribe.core.idle import IdleWatch, OpenSession

GRACE_MS = 30_000
QUIET = OpenSession("s-1", 0, 5)
MINE = frozenset({0})


def pass_time(
    watch: IdleWatch, from_ms: int, to_ms: int, session: OpenSession = QUIET, readable: frozenset[int] = MINE
) -> list[int]:
    """Looks once a second; gives the times at which the session was named."""
    return [now for now in range(from_ms, to_ms, 1000) if watch.tick(now, readable, [session])]


def test_a_session_is_named_once_when_its_grace_has_run_out() -> None:
    assert pass_time(IdleWatch(GRACE_MS), 0, 100_000) == [GRACE_MS]


def test_another_record_begins_the_grace_anew() -> None:
    watch = IdleWatch(GRACE_MS)
    assert pass_time(watch, 0, 29_000) == []
    assert pass_time(watch, 29_000, 120_000, OpenSession("s-1", 0, 6)) == [59_000]


def test_an_end_that_turned_out_void_begins_the_grace_anew() -> None:
    watch = IdleWatch(GRACE_MS)
    assert pass_time(watch, 0, 31_000) == [30_000]
    assert pass_time(watch, 31_000, 62_000, OpenSession("s-1", 0, 8)) == [61_000]


def test_time_in_which_the_partition_could_not_be_read_does_not_count() -> None:
    watch = IdleWatch(GRACE_MS)
    pass_time(watch, 0, 20_000)
    assert pass_time(watch, 20_000, 500_000, readable=frozenset({1})) == []
    assert pass_time(watch, 500_000, 520_000) == [511_000]


def test_a_long_time_without_a_look_says_little() -> None:
    watch = IdleWatch(GRACE_MS)
    watch.tick(0, MINE, [QUIET])
    assert watch.tick(3_600_000, MINE, [QUIET]) == ()


def test_sessions_of_other_partitions_and_ended_ones_do_not_matter() -> None:
    watch = IdleWatch(GRACE_MS)
    other = OpenSession("s-2", 1, 9)
    for now_ms in range(0, 29_000, 1000):
        assert watch.tick(now_ms, MINE, [QUIET, other]) == ()
    assert watch.tick(30_000, MINE, [other]) == ()
    assert watch.tick(31_000, MINE, [other]) == ()
