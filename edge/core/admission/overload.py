"""Whether one more may begin to speak, by how far the transcriber is behind those who do.

Two things are held back. While the transcriber is too far behind, nobody begins. And since a session's load shows only
seconds after it began, no more begin within that time than could do harm: as many as are speaking already (or a small
number, if few are), less the nearer the lag is to its limit. So with room the number of speakers can double every few
seconds, and near the limit it creeps.
"""

import math
from collections.abc import Sequence

_PROVEN_MS = 5000
"""By then the load of a session that has begun shows in the lag."""
_UNLOADED_S = 1.0
"""A lag that even an idle transcriber has: frames wait for their window."""
_REOPENS_AT = 0.75
"""Of the limit. Whoever is refused comes back: at one mark the door would flap."""
_RISE_S, _FALL_S = 0.3, 4.0
"""Time constants. Overload must be noticed soon; that one window was quick is no reason to let somebody in."""
_QUANTILE = 0.9
_RETRY_MS = 5000
_SPREAD = 16
_SPREAD_MS = 250


class Admission:
    """`limit_s`: the lag at which the door shuts, in seconds of audio; 0: never. `at_once`: how many may begin within a
    few seconds if hardly anybody is speaking. Times are milliseconds of a clock that never goes back."""

    def __init__(self, limit_s: float, at_once: int) -> None:
        self._limit_s = limit_s
        self._at_once = at_once
        self._looked_ms: int | None = None
        self._proven = 0
        self._begun: dict[str, int] = {}
        self._refused = 0
        self.lag_s = 0.0
        self.shut = False

    def look(self, lags_s: Sequence[float], now_ms: int) -> None:
        """The lags of all sessions that tell one; to be called a few times a second."""
        self._forget_proven(now_ms)
        self._proven = max(0, len(lags_s) - len(self._begun))
        lag_s = _most_of(lags_s)
        # If nobody says anything, nothing says that it is still so.
        if lags_s and self._looked_ms is not None:
            elapsed_s = (now_ms - self._looked_ms) / 1000
            kept = math.exp(-elapsed_s / (_RISE_S if lag_s > self.lag_s else _FALL_S))
            lag_s = lag_s + (self.lag_s - lag_s) * kept
        self.lag_s, self._looked_ms = lag_s, now_ms
        self.shut = 0 < self._limit_s * (_REOPENS_AT if self.shut else 1) <= lag_s

    def begin(self, conn: str, now_ms: int) -> int | None:
        """None if a session may begin on this connection; else the milliseconds after which to ask again."""
        self._forget_proven(now_ms)
        if self._limit_s and (self.shut or len(self._begun) >= self._room()):
            soonest_ms = min(self._begun.values(), default=now_ms) + _PROVEN_MS - now_ms
            self._refused += 1
            # Those who are refused together do not come back together.
            return (_RETRY_MS if self.shut else soonest_ms) + self._refused % _SPREAD * _SPREAD_MS
        self._begun[conn] = now_ms
        return None

    def leave(self, conn: str) -> None:
        """The connection is over; it need not have begun anything."""
        self._begun.pop(conn, None)

    def _forget_proven(self, now_ms: int) -> None:
        self._begun = {conn: at_ms for conn, at_ms in self._begun.items() if now_ms - at_ms < _PROVEN_MS}

    def _room(self) -> int:
        """How many may be speaking whose load does not show yet; at least one while the door is open."""
        unloaded_s = min(_UNLOADED_S, self._limit_s / 2)
        share = min(1.0, (self._limit_s - self.lag_s) / (self._limit_s - unloaded_s))
        return max(1, int(max(self._at_once, self._proven) * share))


def _most_of(lags_s: Sequence[float]) -> float:
    """A lag that nine of ten sessions do not exceed. Of several sessions the worst is left out, so that one which is
    broken shuts no door."""
    return sorted(lags_s)[int(_QUANTILE * (len(lags_s) - 1))] if lags_s else 0.0
