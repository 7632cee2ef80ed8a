"""Rate limit: how much faster than real time a client may send audio."""

from dataclasses import dataclass

from schemas.audio import ms_to_samples


@dataclass(frozen=True)
class RateLimit:
    """A sustained rate and a burst above it."""

    rate: int
    """Times real time."""
    burst_ms: int
    """Audio that may come above that rate."""


@dataclass(frozen=True)
class LeakyBucket:
    """A leaky bucket, as ITU-T I.371 describes it."""

    at_ms: int
    """When `level` was right, in Unix time."""
    level: int = 0
    """Samples in the bucket."""

    def add(self, samples: int, now_ms: int, limit: RateLimit) -> "LeakyBucket | None":
        """The bucket with samples that arrived now; None if they exceed the limit."""
        leaked = ms_to_samples(max(0, now_ms - self.at_ms)) * limit.rate
        level = max(0, self.level - leaked) + samples
        return None if level > ms_to_samples(limit.burst_ms) else LeakyBucket(max(now_ms, self.at_ms), level)
