"""The analytics stage as a process, as the supervisor starts it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.identity import IdentitySettings, development_token, login_secret
from infra.kafka.settings import KafkaSettings
from infra.settings import LocalSettings
from local.tcp_ports import free_port
from tests.support.waiting import DEADLINE_S


@dataclass
class AnalyticsProcess:
    kafka: KafkaSettings
    data: Path
    """Its ROSTRUM_DATA."""
    port: int
    """Of its API."""
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, user: str, *roles: str) -> str:
        secret = login_secret(IdentitySettings(), LocalSettings(data=self.data))
        return development_token(secret, user, org="north", roles=roles)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Sends SIGTERM; gives the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    async def get(self, path: str, user: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(user)}"} if user else {}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=DEADLINE_S) as client:
            return await client.get(path)

    async def until(
        self, path: str, wanted: Callable[[Any], bool], user: str | None = None, within_s: float = DEADLINE_S
    ) -> Any:
        """Polls a path until its JSON is as wanted, and gives it. Fails with the last JSON."""
        last: Any = None
        try:
            async with asyncio.timeout(within_s):
                while True:
                    response = await self.get(path, user)
                    last = response.json()
                    if response.is_success and wanted(last):
                        return last
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{path} still gives {last}") from None


@asynccontextmanager
async def analytics_running(
    kafka: KafkaSettings, data: Path, port: int | None = None, **environment: str
) -> AsyncIterator[AnalyticsProcess]:
    """The process, ready at the start of the block and killed at its end."""
    port = port or free_port()
    process = _start(
        data / f"analytics-{port}.log",
        {
            "PATH": os.environ["PATH"],
            "ROSTRUM_DATA": str(data),
            "KAFKA_PORT": str(kafka.port),
            "KAFKA_PREFIX": kafka.prefix,
            "ANALYTICS_PORT": str(port),
            "LOG_FORMAT": "json",
            **environment,
        },
    )
    running = AnalyticsProcess(kafka, data, port, process)
    try:
        await _ready(running)
        yield running
    finally:
        process.kill()
        process.wait()


def _start(log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen([sys.executable, "-P", "-m", "analytics"], env=environment, stderr=output)


async def _ready(running: AnalyticsProcess) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if running.process.poll() is not None:
                log = (running.data / f"analytics-{running.port}.log").read_text()
                raise AssertionError(f"analytics ended with {running.process.returncode}: {log[-2000:]}")
            try:
                if (await running.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass  # Its port is not open yet.
            await asyncio.sleep(0.05)
