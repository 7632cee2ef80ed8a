"""How long tests wait for what must happen, whatever else the machine does."""

import asyncio
import time
from collections.abc import Callable

DEADLINE_S = 120.0
"""Only a test that fails waits so long. It is a guard against hanging and asserts nothing about speed."""


async def until(condition: Callable[[], object], every_s: float = 0.01) -> None:
    """Return once the condition is true. Raises TimeoutError after DEADLINE_S."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - no event tells of everything that a test may wait for
            await asyncio.sleep(every_s)


def wait_until(condition: Callable[[], object], what: str = "", every_s: float = 0.05) -> float:
    """Block until the condition is true; gives the seconds it took. Raises AssertionError after DEADLINE_S."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < DEADLINE_S, f"not within {DEADLINE_S:.0f} s: {what}"
        time.sleep(every_s)
    return time.monotonic() - began_s
