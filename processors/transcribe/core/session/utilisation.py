"""How busy the model is. While it has time, short steps from window to window bring words soon; while it has not, they
would take it from other sessions, so windows wait for more audio."""

import math
from dataclasses import dataclass

_OVER_MS = 5000
"""About so much of the past counts."""
_HEAVY, _LIGHT = 0.5, 0.2
"""Shares of the model's time between which nothing changes. Steps of twice the length cost about half: with less than
half between the two, the load would call for the other length as soon as it had this one."""


@dataclass(frozen=True)
class Utilisation:
    """`share`: of the last seconds, how much the model worked. `heavy`: whether windows should wait. `until_ms`: end of
    the last hearing, by a clock that never goes back."""

    share: float = 0.0
    heavy: bool = False
    until_ms: int | None = None

    def heard(self, began_ms: int, ended_ms: int) -> "Utilisation":
        """The model worked between these times, which are the same if it had nothing to do."""
        elapsed_ms = ended_ms - (began_ms if self.until_ms is None else self.until_ms)
        if elapsed_ms <= 0:
            return self
        kept = math.exp(-elapsed_ms / _OVER_MS)
        share = self.share * kept + (ended_ms - began_ms) / elapsed_ms * (1 - kept)
        return Utilisation(share, share > (_LIGHT if self.heavy else _HEAVY), ended_ms)
