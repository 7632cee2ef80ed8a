"""One deadline for many who wait equally long.

A timer for each record of each speaker, as `asyncio.timeout` sets it, is one of the larger costs of keeping a frame;
here one task looks at all who wait, and each only notes when it began to.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")

_LOOKS = 10


class Patience:
    """Nobody waits much longer than `within_s`: while `watch` runs, up to a tenth more."""

    def __init__(self, within_s: float) -> None:
        self.within_s = within_s
        self._since: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()

    async def wait(self, wanted: Awaitable[Result]) -> Result:
        """What it gives; raises TimeoutError if that takes too long. One at a time in each task."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be told that it waited too long")
        self._since[task] = asyncio.get_running_loop().time()
        try:
            return await wanted
        except asyncio.CancelledError as cancelled:
            # Whoever else wants this task to end is obeyed first.
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from cancelled
            raise
        finally:
            if self._since.pop(task, None) is None:
                self._late.discard(task)

    async def watch(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await asyncio.sleep(self.within_s / _LOOKS)
            too_early_s = asyncio.get_running_loop().time() - self.within_s
            # They stand in the order in which they began to wait.
            for task, since_s in list(self._since.items()):
                if since_s > too_early_s:
                    break
                del self._since[task]
                self._late.add(task)
                task.cancel()
