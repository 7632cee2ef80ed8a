"""The comparison: which servers are here, their runs one after the other, and the results of them all."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.peers import table
from bench.peers.charts import panels
from bench.peers.environments import WHISPERLIVE, WHISPERLIVEKIT
from bench.peers.whole.rostrum import Rostrum
from bench.peers.whole.run import longest_s, measure, rounds
from bench.peers.whole.servers import Server
from bench.peers.whole.whisperlive import WhisperLive
from bench.peers.whole.whisperlivekit import WhisperLiveKit
from bench.result_files import circumstances, save
from infra.settings import LocalSettings, load

SECONDS = 62.0
_TABLE_WIDTH = 130


def servers() -> dict[str, Server]:
    """Those that can be measured here: Rostrum with the encoder's whole input, as peers are compared, and with a short
    one, which only the bundled model can do with; peers if their environments are there."""
    found: list[Server] = [
        Rostrum("rostrum", {"TRANSCRIBE_ENCODER_FRAMES": "3000"}),
        Rostrum("rostrum-short", {}),
    ]
    if WHISPERLIVEKIT.is_there:
        found.append(WhisperLiveKit())
    if WHISPERLIVE.is_there:
        found.append(WhisperLive())
    return {server.name: server for server in found}


def compare(
    chosen: Sequence[Server], counts: Sequence[int], output: Path, *, seconds: float = SECONDS, minutes: float = 60.0
) -> None:
    """Measure, print a table, write `output` and a picture beside it, after every run. No run begins that might not be
    over in time."""
    console = Console(highlight=False, soft_wrap=True)
    logs = load(LocalSettings).cache.absolute() / "peers" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    measured = circumstances()
    deadline_s = time.monotonic() + minutes * 60
    runs: list[dict[str, Any]] = []
    fallen: set[str] = set()
    for server, speakers in rounds(chosen, counts):
        if server.name in fallen:
            continue
        if time.monotonic() + longest_s(server, speakers, seconds) > deadline_s:
            console.print(f"no time left for {server.name} with {speakers}")
            continue
        console.print(f"{server.name}, {speakers} at once")
        run = asyncio.run(measure(server, speakers, seconds, logs / f"{server.name}-{speakers}.log"))
        runs.append(run)
        if "failed" in run:
            console.print(f"  {run['failed']}", style="red")
        if not run["held"]:
            fallen.add(server.name)
        _write(output, measured, chosen, seconds, runs)
    Console(width=max(console.width, _TABLE_WIDTH)).print(table.table(runs))
    console.print(f"logs in {logs}")


def _write(
    output: Path,
    measured: Mapping[str, Any],
    chosen: Sequence[Server],
    seconds: float,
    runs: Sequence[dict[str, Any]],
) -> None:
    report = {
        **measured,
        "stream_s": seconds,
        "versions": {server.name: dict(server.versions()) for server in chosen},
        "runs": runs,
    }
    save(output, report, panels(runs))
