"""When a lost connection is followed by another one, and after how long."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from client.close_codes import DONE, GOING_AWAY, RESUMABLE_CODES, describe_close
from client.errors import SessionClosed, SessionRefused
from infra.errors import RostrumError, Unavailable
from schemas.wire import Error

_SPREAD_S = 0.2
"""Many clients lose their connections at once: they should not all come back at once."""


@dataclass(frozen=True)
class ReconnectPolicy:
    """How patiently a client tries to get a connection."""

    pauses_s: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
    """Before each attempt in a row. All together they outlast the time for which a server keeps the session of a client
    that is gone, by default 30 s."""
    gives_up: bool = True
    """After the last pause; else that one is repeated for ever."""
    retries_first: bool = False
    """Also the session's first connection, if the server cannot be reached. Else that is an error at once, and only a
    server that asks for another attempt gets one."""

    def pause_s(self, attempts: int, retry_after_s: float | None = None) -> float | None:
        """Before the next attempt, after so many in a row that brought nothing: no shorter than the server asks for.
        None: give up."""
        if attempts >= len(self.pauses_s) and self.gives_up:
            return None
        pause_s = self.pauses_s[min(attempts, len(self.pauses_s) - 1)]
        return pause_s if retry_after_s is None else max(pause_s, retry_after_s)


NO_RECONNECT = ReconnectPolicy(pauses_s=())
"""One connection, and no other."""


@dataclass(frozen=True)
class Reconnecting:
    """There is no connection; the next attempt is made after `after_s` seconds."""

    code: str
    """The code of the server's error, `unreachable`, or `closed_` and the close code."""
    reason: str
    """The same in words for a person."""
    after_s: float
    was_established: bool
    """A connection that had served the session is lost; else one could not be had."""


@dataclass(frozen=True)
class Loss:
    """Why there is no connection, where another attempt may help."""

    code: str
    reason: str
    retry_after_s: float | None
    was_established: bool
    error: RostrumError
    """What is raised if there is no further attempt."""


def loss_by_error(error: SessionRefused | Unavailable, policy: ReconnectPolicy, *, begun: bool) -> Loss:
    """Of a connection that did not get as far as `started`. Raises the error again if another attempt would not help.
    `begun`: the session exists."""
    patient = begun or policy.retries_first
    code, retry_after_s = "unreachable", None
    if isinstance(error, SessionRefused):
        if error.retry_after_ms is None or not (patient or error.retry_after_ms):
            raise error
        code, retry_after_s = error.code, error.retry_after_ms / 1000
    elif not patient:
        raise error
    given_up = _not_resumed(code, error.message, error.hint) if begun else error
    return Loss(code, error.message, retry_after_s, False, given_up)


def loss_by_close(code: int | None, reason: str, fatal: Error | None) -> Loss | None:
    """Of a connection that served the session until now; None if the session is done. `fatal`: the server's last
    message, if it was one. Raises SessionClosed if the server closed it for good."""
    if code == DONE:
        return None
    error_code, retry_after_s = f"closed_{code}", None
    message, hint = describe_close(code, reason)
    if fatal is not None:
        error_code, message, hint = fatal.code, fatal.message, fatal.hint
        retry_after_s = None if fatal.retry_after_ms is None else fatal.retry_after_ms / 1000
    if code not in RESUMABLE_CODES:
        raise SessionClosed(error_code, message, hint)
    return Loss(error_code, message, retry_after_s, True, _not_resumed(error_code, message, hint))


def _not_resumed(code: str, reason: str, hint: str) -> SessionClosed:
    return SessionClosed(code, f"The connection was lost and the session could not be resumed. {reason}", hint)


async def run_with_reconnect(
    attempt: Callable[[], Awaitable[Loss | None]],
    progress: Callable[[], object],
    policy: ReconnectPolicy,
    reconnecting: Callable[[Reconnecting], None],
    *,
    away_s: Callable[[], float] = lambda: 0.0,
) -> None:
    """Attempt until the session is done. A connection after which `progress` is the same counts as one that could not
    be had. `away_s`: no attempt is made for so long. Raises what the attempts raise, and the newest loss's error when
    the policy gives up."""
    attempts = 0
    while True:
        before = progress()
        loss = await attempt()
        if loss is None:
            return
        if progress() != before:
            attempts = 0
        pause_s = policy.pause_s(attempts, loss.retry_after_s)
        if pause_s is None:
            raise loss.error
        attempts += 1
        spread_s = 0.0 if loss.code == f"closed_{GOING_AWAY}" else _SPREAD_S
        pause_s = pause_s * random.uniform(1.0, 1.2) + random.uniform(0.0, spread_s)  # noqa: S311 - no secret
        pause_s = max(pause_s, away_s())
        reconnecting(Reconnecting(loss.code, loss.reason, pause_s, loss.was_established))
        await asyncio.sleep(pause_s)
