"""How busy the model's workers are. While they have time, short steps from window to window deliver words soon; while
they are saturated, short steps would take time from other sessions, so windows wait for more audio."""

import math
from dataclasses import dataclass

_DECAY_MS = 5000
"""Time constant of the moving average: about this much of the past counts."""
_SATURATED, _RELAXED = 0.5, 0.2
"""Shares of the workers' time above and below which the answer changes (hysteresis). Steps of twice the length cost
about half: if the thresholds were closer, the longer step would bring the share down to where the shorter one is used
again."""


@dataclass(frozen=True)
class Utilisation:
    share: float = 0.0
    """Of the last seconds, how much the workers were busy."""
    saturated: bool = False
    """Whether windows should wait for more audio."""
    until_ms: int | None = None
    """End of the last busy period, by a monotonic clock."""

    def update(self, began_ms: int, ended_ms: int) -> "Utilisation":
        """The workers were busy between these times, which are equal if they were idle."""
        elapsed_ms = ended_ms - (began_ms if self.until_ms is None else self.until_ms)
        if elapsed_ms <= 0:
            return self
        kept = math.exp(-elapsed_ms / _DECAY_MS)
        share = self.share * kept + (ended_ms - began_ms) / elapsed_ms * (1 - kept)
        return Utilisation(share, share > (_RELAXED if self.saturated else _SATURATED), ended_ms)
