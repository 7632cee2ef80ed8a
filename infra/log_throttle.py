"""Keeps a library that complains in a loop from filling the log: during a broker's outage aiokafka says the same dozens
of times a second."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Said:
    """`since_s`: when the line was let through last. `withheld`: how often it was held back since."""

    since_s: float
    withheld: int = 0


class Repeats(logging.Filter):
    """Lets a line of the named libraries through once per interval and says with the next one how many were withheld.
    Lines are the same when their template is, whatever stands in it."""

    def __init__(
        self, libraries: tuple[str, ...], interval_s: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._libraries = libraries
        self._interval_s = interval_s
        self._clock = clock
        self._said: dict[tuple[str, str], _Said] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in self._libraries:
            return True
        line, now_s = (record.name, str(record.msg)), self._clock()
        said = self._said.get(line)
        if said is not None and now_s - said.since_s < self._interval_s:
            said.withheld += 1
            return False
        if said is not None and said.withheld:
            record.msg = f"{record.getMessage()} (and {said.withheld} more like it)"
            record.args = ()
        self._said[line] = _Said(now_s)
        return True
