"""Keeps a library that repeats itself from flooding the log: while a broker is down, aiokafka logs the same lines
dozens of times a second."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Line:
    passed_s: float
    """When it was last let through."""
    suppressed: int = 0
    """How often it was suppressed since then."""


class ThrottleFilter(logging.Filter):
    """Lets each line of the named libraries through once per interval, and adds to the next one how many were
    suppressed. Lines with the same template count as the same line, whatever their arguments."""

    def __init__(
        self, libraries: tuple[str, ...], interval_s: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._libraries = libraries
        self._interval_s = interval_s
        self._clock = clock
        self._lines: dict[tuple[str, str], _Line] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in self._libraries:
            return True
        key, now_s = (record.name, str(record.msg)), self._clock()
        line = self._lines.get(key)
        if line is not None and now_s - line.passed_s < self._interval_s:
            line.suppressed += 1
            return False
        if line is not None and line.suppressed:
            record.msg = f"{record.getMessage()} (and {line.suppressed} more like it)"
            record.args = ()
        self._lines[key] = _Line(now_s)
        return True
