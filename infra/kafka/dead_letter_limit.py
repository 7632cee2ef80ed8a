"""A few messages that cannot be handled are dead-lettered; if most of them are, the stage itself is at fault."""

from collections import deque

from infra.errors import RostrumError


class TooManyDeadLetters(RostrumError):
    """The stage must stop: otherwise it would dead-letter its whole input."""


class DeadLetterLimit:
    """Keeps a bad deploy from emptying its topic into the dead-letter queue. After each start, a stage may dead-letter
    fewer than `max_consecutive` messages in a row, and at most `max_share` of the last `window` messages (judged once
    half of the window is filled). The other messages stay on their topic for a fixed version."""

    def __init__(self, max_consecutive: int = 20, max_share: float = 0.5, window: int = 100) -> None:
        self._max_consecutive = max_consecutive
        self._max_share = max_share
        self._dead_lettered: deque[bool] = deque(maxlen=window)
        self._consecutive = 0

    def handled(self) -> None:
        self._consecutive = 0
        self._dead_lettered.append(False)

    def dead_lettering(self, reason: str) -> None:
        """Call before a message is dead-lettered. Raises TooManyDeadLetters if it must not be."""
        if self._consecutive + 1 >= self._max_consecutive:
            raise _too_many(f"the last {self._consecutive + 1} messages in a row", reason)
        count = sum(self._dead_lettered) + 1
        seen = len(self._dead_lettered) + 1
        if 2 * seen >= (self._dead_lettered.maxlen or 0) and count > self._max_share * seen:
            raise _too_many(f"{count} of the last {seen} messages", reason)
        self._consecutive += 1
        self._dead_lettered.append(True)


def _too_many(which: str, reason: str) -> TooManyDeadLetters:
    return TooManyDeadLetters(
        f"Stopped: {which} could not be handled (the last one: {reason}).",
        "Undo the last change or fix the cause, then start again: the remaining messages stay on their topic. "
        "`rostrum dead-letters list` shows the dead letters; `rostrum dead-letters retry` puts them back.",
    )
