"""Overload control: whether one more session may start, by how far the transcriber is behind the running ones.

Two things are limited. While the transcriber is too far behind, no session starts. And since a session's load shows
only seconds after its start, no more start within that time than could do harm: as many as are running already (or a
small number, if few are), fewer the nearer the lag is to its limit. So with capacity to spare the number of speakers
can double every few seconds, and near the limit it creeps.
"""

import math
from collections.abc import Sequence

_SETTLING_MS = 5000
"""By then the load of a new session shows in the lag."""
_IDLE_LAG_S = 1.0
"""A lag that even an idle transcriber has: frames wait for their window."""
_REOPENS_AT = 0.75
"""Of the limit. Rejected clients come back: with a single threshold admission would flap."""
_RISE_S, _FALL_S = 0.3, 4.0
"""Time constants of the smoothing. Overload must be noticed soon; one quick window is no reason to admit more."""
_QUANTILE = 0.9
_RETRY_MS = 5000
_RETRY_STEPS = 16
_RETRY_STEP_MS = 250


class AdmissionControl:
    """One for all connections. Times are milliseconds of a clock that never goes back."""

    def __init__(self, limit_s: float, burst: int) -> None:
        """`limit_s`: the lag at which admission closes, in seconds of audio; 0: never. `burst`: how many may start
        within a few seconds while hardly any session runs."""
        self._limit_s = limit_s
        self._burst = burst
        self._updated_ms: int | None = None
        self._settled = 0
        self._started: dict[str, int] = {}
        self._rejected = 0
        self.lag_s = 0.0
        self.closed = False

    def update(self, lags_s: Sequence[float], now_ms: int) -> None:
        """Takes the lags of all sessions that tell one; to be called a few times a second."""
        self._forget_settled(now_ms)
        self._settled = max(0, len(lags_s) - len(self._started))
        lag_s = _high_quantile(lags_s)
        # Without any session that tells a lag, the older value says nothing any more.
        if lags_s and self._updated_ms is not None:
            elapsed_s = (now_ms - self._updated_ms) / 1000
            weight = math.exp(-elapsed_s / (_RISE_S if lag_s > self.lag_s else _FALL_S))
            lag_s = lag_s + (self.lag_s - lag_s) * weight
        self.lag_s, self._updated_ms = lag_s, now_ms
        self.closed = 0 < self._limit_s * (_REOPENS_AT if self.closed else 1) <= lag_s

    def admit(self, conn: str, now_ms: int) -> int | None:
        """None if a session may start on this connection; else the milliseconds after which to try again."""
        self._forget_settled(now_ms)
        if self._limit_s and (self.closed or len(self._started) >= self._capacity()):
            soonest_ms = min(self._started.values(), default=now_ms) + _SETTLING_MS - now_ms
            self._rejected += 1
            # Clients that are rejected together must not come back together.
            return (_RETRY_MS if self.closed else soonest_ms) + self._rejected % _RETRY_STEPS * _RETRY_STEP_MS
        self._started[conn] = now_ms
        return None

    def release(self, conn: str) -> None:
        """The connection is over; it need not have started a session."""
        self._started.pop(conn, None)

    def _forget_settled(self, now_ms: int) -> None:
        self._started = {conn: at_ms for conn, at_ms in self._started.items() if now_ms - at_ms < _SETTLING_MS}

    def _capacity(self) -> int:
        """How many sessions may run whose load does not show yet; at least one while admission is open."""
        idle_lag_s = min(_IDLE_LAG_S, self._limit_s / 2)
        share = min(1.0, (self._limit_s - self.lag_s) / (self._limit_s - idle_lag_s))
        return max(1, int(max(self._burst, self._settled) * share))


def _high_quantile(lags_s: Sequence[float]) -> float:
    """A lag that nine of ten sessions do not exceed. Of several sessions the worst is left out, so that a single broken
    one does not close admission."""
    return sorted(lags_s)[int(_QUANTILE * (len(lags_s) - 1))] if lags_s else 0.0
