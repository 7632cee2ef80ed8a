"""Whether the edge's memory stays constant: many sessions for half an hour, which start and end, lose their connection
and resume, all at random.

    python -m bench.edge.soak [--minutes M] [--speakers N] [--seed N]"""

import argparse
import asyncio
import random
import secrets
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import uvloop

from bench.edge import charts
from bench.edge.edge_clients import ClientStats, EdgeAddress, EdgeClient
from bench.edge.testbed import MODEL, SPEECH, edge_testbed
from bench.edge.trials import resident_mb
from bench.result_files import RESULTS, conditions, save
from local.tcp_ports import free_port

OUTPUT = RESULTS / "edge-soak.json"
MINUTES = 30.0
SPEAKERS = 100
GOAL_GROWTH = 1.05
_SESSION_S = (20.0, 180.0)
_CONNECTION_S = (5.0, 120.0)
_AWAY_S = (0.0, 3.0)
_FIRST_START_S = 10.0
_SAMPLE_S = 2.0
_AUDIO_RETENTION_MB = 256
"""Half an hour of audio would take six gigabytes."""


@dataclass
class SoakCounts:
    sessions: int = 0
    resumes: int = 0
    frames_acked: int = 0
    lost: int = 0
    """Sessions without a summary, or whose summary covers fewer frames than were acknowledged."""


@dataclass(frozen=True)
class SoakResult:
    minutes: float
    seed: int
    counts: SoakCounts
    memory_mb: Sequence[tuple[float, float]]
    """The edge's resident memory, by minutes since the clients began to speak."""

    @property
    def early_mb(self) -> float:
        """The median of minutes 5 to 10 of 30, or of the same share of another length."""
        return self._median(1 / 6, 1 / 3)

    @property
    def late_mb(self) -> float:
        """Minutes 25 to 30."""
        return self._median(5 / 6, 1)

    @property
    def growth(self) -> float:
        return self.late_mb / self.early_mb

    def _median(self, begin: float, end: float) -> float:
        span = (begin * self.minutes, end * self.minutes)
        return statistics.median(mb for minute, mb in self.memory_mb if span[0] <= minute <= span[1])


async def soak(minutes: float, speakers: int, seed: int, progress: Callable[[str], None]) -> SoakResult:
    async with edge_testbed(partitions=1, audio_retention_mb=_AUDIO_RETENTION_MB) as testbed:
        port = free_port()
        address = testbed.address(port)
        async with testbed.edge(port) as pid, testbed.stub_transcriber():
            counts, memory = SoakCounts(), list[tuple[float, float]]()
            until_s = time.monotonic() + minutes * 60
            async with asyncio.TaskGroup() as group:
                for number in range(speakers):
                    group.create_task(_user(address, f"soak-{number}", seed + number, until_s, counts))
                await _sample_memory(psutil.Process(pid), until_s, memory, progress)
    return SoakResult(minutes, seed, counts, memory)


async def _sample_memory(
    process: psutil.Process, until_s: float, memory: list[tuple[float, float]], progress: Callable[[str], None]
) -> None:
    began_s, reported = time.monotonic(), 0
    while (now_s := time.monotonic()) < until_s:
        minute = (now_s - began_s) / 60
        memory.append((round(minute, 2), round(resident_mb(process), 1)))
        if minute >= reported:
            progress(f"minute {reported}: {memory[-1][1]} MB")
            reported += 1
        await asyncio.sleep(_SAMPLE_S)


async def _user(address: EdgeAddress, name: str, seed: int, until_s: float, counts: SoakCounts) -> None:
    """One session after another."""
    chance = random.Random(seed)
    await asyncio.sleep(chance.uniform(0, _FIRST_START_S))
    while time.monotonic() < until_s:
        await _session(EdgeClient(name, address, ClientStats()), chance, until_s, counts)


async def _session(client: EdgeClient, chance: random.Random, until_s: float, counts: SoakCounts) -> None:
    ends_s = min(time.monotonic() + chance.uniform(*_SESSION_S), until_s)
    counts.sessions += 1
    while True:
        await client.connect()
        await client.start()
        client.speak()
        left_s = ends_s - time.monotonic()
        connected_s = chance.uniform(*_CONNECTION_S)
        await asyncio.sleep(max(0.0, min(left_s, connected_s)))
        if left_s <= connected_s:
            break
        client.cut()
        await client.disconnected()
        await client.stop_speaking()
        await asyncio.sleep(chance.uniform(*_AWAY_S))
        counts.resumes += 1
    await client.end()
    counts.frames_acked += client.acked
    counts.lost += client.frames_in_summary is None or client.frames_in_summary < client.acked


def write(measured: Mapping[str, Any], soaked: SoakResult, speakers: int, output: Path) -> None:
    """`measured`: the conditions before."""
    result = {
        **measured,
        "seed": soaked.seed,
        "minutes": soaked.minutes,
        "speakers": speakers,
        **asdict(soaked.counts),
        "early_mb": soaked.early_mb,
        "late_mb": soaked.late_mb,
        "growth": round(soaked.growth, 4),
        "goal_growth": GOAL_GROWTH,
        "memory_mb": soaked.memory_mb,
    }
    save(output, result, charts.soak_picture(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--speakers", type=int, default=SPEAKERS)
    parser.add_argument("--seed", type=int, default=secrets.randbits(16))
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()

    def progress(text: str) -> None:
        print(text, flush=True)

    print(f"seed {given.seed}", flush=True)
    measured = conditions(MODEL, SPEECH)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        soaked = runner.run(soak(given.minutes, given.speakers, given.seed, progress))
    write(measured, soaked, given.speakers, given.output)
    print(f"{soaked.early_mb} MB early, {soaked.late_mb} MB late: {soaked.growth:.3f} (goal {GOAL_GROWTH})")
    print(soaked.counts)


if __name__ == "__main__":
    main()
