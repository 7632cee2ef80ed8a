"""A stage as a separate process, which a test may kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from local.probes import stage_probe
from local.tcp_ports import free_port
from tests.support.waiting import DEADLINE_S


class StageProcess:
    """`python -m MODULE`; `start` restarts it, as a supervisor would."""

    def __init__(self, module: str, log: Path, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._module = module
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *, wait: bool = True) -> None:
        """Returns once it is ready, or without `wait` at once."""
        port = free_port()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                env=os.environ | self.environment | {"HEALTH_PORT": str(port)},
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(DEADLINE_S):
            while wait and await stage_probe(port)() is not None:
                assert self.is_running, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def crash(self) -> None:
        """Kill it and restart it at once, as a supervisor would."""
        await self.kill()
        await self.start(wait=False)

    async def ended(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def keep_running(self) -> None:
        """Restart it whenever it has ended; runs until cancelled."""
        while True:
            await self.ended()
            await self.start(wait=False)

    async def stop(self) -> None:
        if self.is_running:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            await self.ended()


@asynccontextmanager
async def processes(*stages: StageProcess) -> AsyncIterator[None]:
    """Runs the stages while the block runs; all are ready when it begins."""
    try:
        await asyncio.gather(*(each.start() for each in stages))
        yield
    finally:
        await asyncio.gather(*(each.stop() for each in stages))
