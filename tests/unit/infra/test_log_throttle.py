import logging

from infra.log_throttle import ThrottleFilter


def _record(name: str, template: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, template, values, None)


def test_a_line_passes_once_per_interval_and_then_says_how_many_were_suppressed() -> None:
    now_s = 0.0
    throttle = ThrottleFilter(("aiokafka",), interval_s=10.0, clock=lambda: now_s)
    passed = [throttle.filter(_record("aiokafka.conn", "broker %s is gone", number)) for number in range(5)]
    assert passed == [True, False, False, False, False]

    now_s = 10.0
    record = _record("aiokafka.conn", "broker %s is gone", 7)
    assert throttle.filter(record)
    assert record.getMessage() == "broker 7 is gone (and 4 more like it)"


def test_other_lines_and_other_libraries_are_not_suppressed() -> None:
    throttle = ThrottleFilter(("aiokafka",), clock=lambda: 0.0)
    assert throttle.filter(_record("aiokafka.conn", "one"))
    assert throttle.filter(_record("aiokafka.conn", "two"))
    assert throttle.filter(_record("aiokafka.client", "one"))
    assert all(throttle.filter(_record("edge", "refused")) for _ in range(3))
