"""Rostrum itself: the stack as `rostrum up` starts it, used over wss as by any client."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.peers.whole.process_usage import ProcessGroups
from bench.peers.whole.streaming_client import StreamingClient
from bench.support.processes import running
from client.connection import EdgeConnection, open_connection
from client.errors import SessionRefused
from infra.clock import SystemClock
from infra.settings import LocalSettings, load
from infra.tls.contexts import client_context
from local.login_token import login_token
from local.run_file import ProcessState, RunFile, running_stack
from local.tcp_ports import free_port
from schemas.wire import End, Error, FinalMessage, Partial, Start

_PORTS = ("EDGE_PORT", "EDGE_PLAIN_PORT", "ANALYTICS_PORT", "KAFKA_PORT", "LANGUAGETOOL_PORT")


class RostrumServer:
    """`measured`: edge and transcribe, which do what the peers do. The rest is broker, questions, report and
    statistics; the supervisor is not counted. `settings`: of the stack, beyond its ports and data folder."""

    warms_up = True
    drain_s = 45.0
    measured: Sequence[str] = ("edge", "transcribe")

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        self.name = name
        self._settings = settings
        self._run: RunFile | None = None
        self._data = Path()

    def versions(self) -> Mapping[str, str]:
        packages = ("rostrum", "faster-whisper", "ctranslate2")
        settings = {name: value for name, value in self._settings.items() if name != "TRANSCRIBE_MODEL"}
        return {**{package: version(package) for package in packages}, **settings}

    @asynccontextmanager
    async def running(self, log: Path) -> AsyncIterator[ProcessGroups]:
        with TemporaryDirectory(prefix="rostrum-bench-") as folder:
            self._data = Path(folder)
            environment = {
                **os.environ,
                **{name: str(free_port()) for name in _PORTS},
                "ROSTRUM_DATA": folder,
                # Load beyond the admission limit is part of what is measured.
                "EDGE_ADMISSION_MAX_LAG_S": "0",
                **self._settings,
            }
            command = [str(Path(sys.executable).with_name("rostrum")), "up"]
            async with running(command, environment, log, self._is_ready):
                yield self._groups()

    async def _is_ready(self) -> bool:
        self._run = running_stack(self._data)
        return self._run is not None and all(entry.state is ProcessState.READY for entry in self._run.processes)

    def _groups(self) -> ProcessGroups:
        assert self._run is not None, "a stack that is ready has a run file"
        groups: dict[str, list[int]] = {"edge": [], "transcribe": [], "rest": []}
        for entry in self._run.processes:
            stage = entry.name.partition("-")[0]
            if entry.mark:
                groups[stage if stage in groups else "rest"].append(entry.mark.pid)
        return groups

    async def session(self, client: StreamingClient) -> None:
        assert self._run is not None, "a session needs a stack that is ready"
        local = load(LocalSettings).model_copy(update={"data": self._data})
        token = login_token(client.stream.name, local=local)
        tls = client_context(self._data / "tls" / "ca.pem")
        async with open_connection(self._run.addresses.edge, tls, clock=SystemClock()) as connection:
            try:
                await connection.authenticate(token)
                await connection.start(Start(questions=0))
            except SessionRefused as refused:
                client.report(f"refused: {refused.code}")
                return
            receiving = asyncio.create_task(_receive(connection, client))
            async for chunk in client.audio():
                await connection.send(chunk)
                if receiving.done():
                    client.report("closed before the end")
                    return
            await connection.send(End())
            client.ended()
            await receiving


async def _receive(connection: EdgeConnection, client: StreamingClient) -> None:
    """Until the server closes, which it does after the report."""
    committed: list[str] = []
    async for item in connection:
        match item.message:
            case FinalMessage(text=text):
                committed.append(text)
                client.show(" ".join(committed))
            case Partial(text=text, after_final=after) if after == len(committed):
                client.show(" ".join(committed), text)
            case Error(code=code):
                client.report(f"error: {code}")
    if connection.close_code != 1000:
        client.report(f"closed with {connection.close_code}")
