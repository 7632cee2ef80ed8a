"""The index of first reports."""

from processors.analyze.core.report_index import ReportIndex, ReportLocation


def report(offset: int) -> ReportLocation:
    return ReportLocation(partition=0, offset=offset, has_report=True)


def failure(offset: int) -> ReportLocation:
    return ReportLocation(partition=0, offset=offset, has_report=False)


def test_the_first_report_is_never_replaced() -> None:
    index = ReportIndex(since_ms=0)
    assert index.first("a") is None
    index.add("a", report(1), 10)
    index.add("b", report(2), 11)
    index.add("a", report(3), 12)
    index.add("a", failure(4), 13)
    assert index.first("a") == report(1)
    assert index.first("b") == report(2)


def test_a_failure_is_replaced_by_the_first_report() -> None:
    index = ReportIndex(since_ms=0)
    index.add("a", failure(1), 10)
    index.add("a", failure(2), 11)
    assert index.first("a") == failure(1)
    index.add("a", report(3), 12)
    index.add("a", report(4), 13)
    assert index.first("a") == report(3)


def test_the_oldest_sessions_are_dropped_and_since_ms_moves_on() -> None:
    index = ReportIndex(since_ms=5, max_sessions=2)
    for number in range(4):
        index.add(str(number), report(number), 10 + number)
    assert [index.first(str(number)) is not None for number in range(4)] == [False, False, True, True]
    assert index.since_ms == 12
