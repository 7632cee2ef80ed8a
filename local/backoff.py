"""How long to wait before a dead process is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Waits double from one early death to the next; a process that ran for `settled_s` begins anew. In seconds."""

    first_s: float = 0.25
    greatest_s: float = 15.0
    settled_s: float = 20.0
    _next_s: float = 0.0

    def after(self, ran_s: float) -> float:
        """The wait after a process that ran for `ran_s` has died."""
        delay = self.first_s if ran_s >= self.settled_s or not self._next_s else self._next_s
        self._next_s = min(delay * 2, self.greatest_s)
        return delay
