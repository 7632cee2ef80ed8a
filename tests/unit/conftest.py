"""Fixtures for unit tests."""

import asyncio
from typing import Any

import pytest


@pytest.fixture
async def virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timers of this test fire at once and in the order in which they are due: the loop's clock jumps to the next one
    as soon as nothing else can run. Not for tests that wait for threads, sockets or processes."""
    loop: Any = asyncio.get_running_loop()
    poll, now_s = loop._selector.select, loop.time()

    def jump(timeout_s: float | None) -> Any:
        nonlocal now_s
        if timeout_s is None:
            return poll(None)
        now_s += max(0.0, timeout_s)
        return poll(0)

    monkeypatch.setattr(loop, "time", lambda: now_s)
    monkeypatch.setattr(loop._selector, "select", jump)
