"""One timeout shared by many tasks that wait equally long.

A timer for each record of each session, as `asyncio.timeout` sets it, is one of the larger costs of appending a frame;
here one task checks all waiting tasks, and each of them only notes when it began to wait.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")

_CHECKS_PER_TIMEOUT = 10


class SharedTimeout:
    """While `watch` runs, a wait takes at most `timeout_s` and a tenth."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._since: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()

    async def wait(self, wanted: Awaitable[Result]) -> Result:
        """The awaitable's result; raises TimeoutError if it takes too long. One at a time in each task."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can wait with a timeout")
        self._since[task] = asyncio.get_running_loop().time()
        try:
            return await wanted
        except asyncio.CancelledError as cancelled:
            # If the task is cancelled for another reason as well, that one prevails.
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from cancelled
            raise
        finally:
            if self._since.pop(task, None) is None:
                self._late.discard(task)

    async def watch(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await asyncio.sleep(self.timeout_s / _CHECKS_PER_TIMEOUT)
            latest_start_s = asyncio.get_running_loop().time() - self.timeout_s
            # They stand in the order in which they began to wait.
            for task, since_s in list(self._since.items()):
                if since_s > latest_start_s:
                    break
                del self._since[task]
                self._late.add(task)
                task.cancel()
