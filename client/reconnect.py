"""A session that outlives its connections: whenever one is lost, it goes on over another."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from client.connection import Client, Refused
from client.outcome import Outcome
from client.playback import NoReport, Performance
from client.resend_buffer import CUT, LOST
from infra.errors import RostrumError, Unavailable
from schemas.wire import Error

PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Before each try in a row. All together they outlast the grace that a server gives by default, 30 s."""

Connect = Callable[[], AbstractAsyncContextManager[Client]]
"""Opens an authenticated connection. Raises Refused, Unavailable."""
Told = Callable[[str, float], None]
"""Told why the connection is lost, and after how many seconds another one is tried."""


async def persevere(connect: Connect, performance: Performance, told: Told) -> Outcome:
    """The whole session. A first connection that cannot be had is an error at once, unless the server asks to try
    later; the outcome tells of one that was lost for good. Raises Refused, Unavailable."""
    tries = 0
    while True:
        before = _progress(performance.outcome)
        failure: RostrumError | None = None
        try:
            async with connect() as client:
                await performance.perform(client)
            lost = _how_lost(performance.outcome)
        except RostrumError as error:
            failure, lost = error, _may_pass(error, performance.begun)
        if lost is None and failure is not None:
            raise failure
        if lost is None:
            return performance.outcome
        reason, retry_after_s = lost
        if _progress(performance.outcome) != before:
            tries = 0
        if tries == len(PAUSES_S):
            if failure is not None and not performance.begun:
                raise failure
            return replace(performance.outcome, close_reason=f"and was not to be had again: {reason}")
        # Many clients lose their connections at once: they should not all come back at once.
        pause_s = max(PAUSES_S[tries], retry_after_s) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        told(reason, pause_s)
        await asyncio.sleep(pause_s)
        tries += 1


def _progress(outcome: Outcome) -> tuple[int, int]:
    """A connection that brought none counts as one that was not to be had."""
    return outcome.frames_acked, len(outcome.finals)


Lost = tuple[str, float]
"""Why, and how many seconds the server wants to be left alone."""


def _how_lost(outcome: Outcome) -> Lost | None:
    """None for a session that is over."""
    if outcome.close_code not in LOST:
        return None
    last = outcome.received[-1].message if outcome.received else None
    if isinstance(last, Error) and last.fatal:
        return last.message, (last.retry_after_ms or 0) / 1000
    if outcome.close_code == CUT:
        return "The connection was cut.", 0.0
    return f"The server closed the connection with code {outcome.close_code} {outcome.close_reason}".rstrip() + ".", 0.0


def _may_pass(error: RostrumError, begun: bool) -> Lost | None:
    """None for what another try would not mend."""
    if isinstance(error, Refused) and error.retry_after_ms is not None and (begun or error.retry_after_ms):
        return error.message, error.retry_after_ms / 1000
    if isinstance(error, Unavailable) and not isinstance(error, NoReport) and begun:
        return error.message, 0.0
    return None
