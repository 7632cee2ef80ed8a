"""Which report of a session came first."""

from processors.analyze.core.firsts import Firsts, Place


def report(offset: int) -> Place:
    return Place(partition=0, offset=offset, made=True)


def failure(offset: int) -> Place:
    return Place(partition=0, offset=offset, made=False)


def test_the_first_report_stays() -> None:
    firsts = Firsts(since_ms=0)
    assert firsts.of("a") is None
    firsts.note("a", report(1), 10)
    firsts.note("b", report(2), 11)
    firsts.note("a", report(3), 12)
    firsts.note("a", failure(4), 13)
    assert firsts.of("a") == report(1)
    assert firsts.of("b") == report(2)


def test_a_failure_holds_until_there_is_a_report() -> None:
    firsts = Firsts(since_ms=0)
    firsts.note("a", failure(1), 10)
    firsts.note("a", failure(2), 11)
    assert firsts.of("a") == failure(1)
    firsts.note("a", report(3), 12)
    firsts.note("a", report(4), 13)
    assert firsts.of("a") == report(3)


def test_the_oldest_are_forgotten_and_it_says_so() -> None:
    firsts = Firsts(since_ms=5, most=2)
    for number in range(4):
        firsts.note(str(number), report(number), 10 + number)
    assert [firsts.of(str(number)) is not None for number in range(4)] == [False, False, True, True]
    assert firsts.since_ms == 12
