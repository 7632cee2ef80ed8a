"""How long to wait before a process that has died is restarted.

Not tenacity: that spaces the attempts of one call, while this counter is reset by how long the process ran."""

from dataclasses import dataclass


@dataclass
class RestartBackoff:
    """The delay doubles from one early death to the next. All in seconds."""

    initial_s: float = 0.25
    max_s: float = 15.0
    reset_after_s: float = 20.0
    """A process that ran for this long starts again at the initial delay."""
    _next_s: float = 0.0

    def after(self, ran_s: float) -> float:
        """The delay after a process that ran for `ran_s` has died."""
        delay = self.initial_s if ran_s >= self.reset_after_s or not self._next_s else self._next_s
        self._next_s = min(delay * 2, self.max_s)
        return delay
