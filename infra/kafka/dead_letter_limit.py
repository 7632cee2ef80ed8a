"""A few messages that cannot be handled are put aside; when nearly all of them are, the fault is ours."""

from collections import deque

from infra.errors import RostrumError


class TooManyDeadLetters(RostrumError):
    """The stage must stop: it would divert its whole input."""


class DeadLetterLimit:
    """Stops a bad deploy from emptying its topic into the dead letters. Each start of a stage may divert fewer than
    `in_a_row` messages one after another, and no more than `share` of the last `of_last` (judged once half of them have
    been seen). The messages themselves stay where they are, for a mended version."""

    def __init__(self, in_a_row: int = 20, share: float = 0.5, of_last: int = 100) -> None:
        self._in_a_row = in_a_row
        self._share = share
        self._fates: deque[bool] = deque(maxlen=of_last)
        self._row = 0

    def handled(self) -> None:
        self._row = 0
        self._fates.append(False)

    def diverting(self, reason: str) -> None:
        """Call before a message is diverted. Raises TooManyDeadLetters if it must not be."""
        if self._row + 1 >= self._in_a_row:
            raise _too_many(f"the last {self._row + 1} messages in a row", reason)
        diverted = sum(self._fates) + 1
        seen = len(self._fates) + 1
        if 2 * seen >= (self._fates.maxlen or 0) and diverted > self._share * seen:
            raise _too_many(f"{diverted} of the last {seen} messages", reason)
        self._row += 1
        self._fates.append(True)


def _too_many(which: str, reason: str) -> TooManyDeadLetters:
    return TooManyDeadLetters(
        f"Stopped: {which} could not be handled (the last one: {reason}).",
        "Undo the last change or mend its cause, then start again: the rest of the messages wait where they are. "
        "`rostrum dead-letters list` shows the diverted ones; `rostrum dead-letters retry` puts them back.",
    )
