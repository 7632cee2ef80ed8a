import logging

from infra.log_throttle import Repeats


def _record(name: str, template: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, template, values, None)


def test_a_line_comes_once_per_interval_and_then_says_how_many_were_withheld() -> None:
    now_s = 0.0
    repeats = Repeats(("aiokafka",), interval_s=10.0, clock=lambda: now_s)
    let_through = [repeats.filter(_record("aiokafka.conn", "broker %s is gone", number)) for number in range(5)]
    assert let_through == [True, False, False, False, False]

    now_s = 10.0
    record = _record("aiokafka.conn", "broker %s is gone", 7)
    assert repeats.filter(record)
    assert record.getMessage() == "broker 7 is gone (and 4 more like it)"


def test_another_line_and_another_library_are_not_held_back() -> None:
    repeats = Repeats(("aiokafka",), clock=lambda: 0.0)
    assert repeats.filter(_record("aiokafka.conn", "one"))
    assert repeats.filter(_record("aiokafka.conn", "two"))
    assert repeats.filter(_record("aiokafka.client", "one"))
    assert all(repeats.filter(_record("edge", "refused")) for _ in range(3))
