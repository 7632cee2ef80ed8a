"""How much faster than real time a client may send."""

from dataclasses import dataclass

from schemas.audio import ms_to_samples


@dataclass(frozen=True)
class Budget:
    """`times`: of real time, without end; `burst_ms`: of audio, above that."""

    times: int
    burst_ms: int


@dataclass(frozen=True)
class Pace:
    """A leaky bucket (as ITU-T I.371 describes it): `ahead` samples stand in it since `at_ms`, Unix time."""

    at_ms: int
    ahead: int = 0

    def after(self, samples: int, now_ms: int, budget: Budget) -> "Pace | None":
        """With these samples, which came now. None if they are more than the budget has left."""
        leaked = ms_to_samples(max(0, now_ms - self.at_ms)) * budget.times
        ahead = max(0, self.ahead - leaked) + samples
        return None if ahead > ms_to_samples(budget.burst_ms) else Pace(max(now_ms, self.at_ms), ahead)
