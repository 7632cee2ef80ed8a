from local.backoff import RestartBackoff


def test_the_first_restart_is_soon_and_the_delay_doubles() -> None:
    backoff = RestartBackoff(initial_s=0.25, max_s=3.0)
    assert [backoff.after(ran_s=1.0) for _ in range(6)] == [0.25, 0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_process_that_ran_long_enough_resets_the_delay() -> None:
    backoff = RestartBackoff(initial_s=0.25, reset_after_s=20.0)
    for _ in range(4):
        backoff.after(ran_s=1.0)
    assert backoff.after(ran_s=21.0) == 0.25
    assert backoff.after(ran_s=1.0) == 0.5


def test_by_default_the_first_restart_comes_within_half_a_second() -> None:
    assert RestartBackoff().after(ran_s=0.0) <= 0.5
