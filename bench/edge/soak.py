"""Does the edge's memory stay where it is? Many sessions for half an hour, which end and begin, lose their connection
and come back, all at random.

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
from bench.edge.edge_clients import Record, Speaker
from bench.edge.testbed import Ground, laid
from bench.edge.trials import address
from bench.result_files import circumstances, save
from local.tcp_ports import free_port

OUTPUT = Path(__file__).parents[1] / "results" / "edge-soak.json"
MINUTES = 30.0
SPEAKERS = 100
GOAL = 1.05
_SESSION_S = (20.0, 180.0)
_CONNECTION_S = (5.0, 120.0)
_AWAY_S = (0.0, 3.0)
_SAMPLE_S = 2.0
_KEEP_MB = 256
"""Of audio on the broker: half an hour of it would be six gigabytes."""


@dataclass
class Count:
    """`lost`: sessions whose summary tells of fewer frames than were acknowledged, or that got none."""

    sessions: int = 0
    resumes: int = 0
    frames_acked: int = 0
    lost: int = 0


@dataclass(frozen=True)
class Soaked:
    """`memory_mb`: the edge's resident memory, by minutes since all began to speak."""

    minutes: float
    seed: int
    count: Count
    memory_mb: Sequence[tuple[float, float]]

    @property
    def early_mb(self) -> float:
        """The median of minutes 5 to 10 of thirty, or of the same share of another length."""
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


async def soak(minutes: float, speakers: int, seed: int, told: Callable[[str], None]) -> Soaked:
    async with laid(partitions=1, keep_mb=_KEEP_MB) as ground:
        port = free_port()
        async with ground.edge(port) as pid, ground.stand_in():
            count, memory = Count(), list[tuple[float, float]]()
            until_s = time.monotonic() + minutes * 60
            async with asyncio.TaskGroup() as group:
                for number in range(speakers):
                    group.create_task(_user(ground, port, f"soak-{number}", seed + number, until_s, count))
                await _watch(psutil.Process(pid), until_s, memory, told)
    return Soaked(minutes, seed, count, memory)


async def _watch(
    process: psutil.Process, until_s: float, memory: list[tuple[float, float]], told: Callable[[str], None]
) -> None:
    began_s, said = time.monotonic(), 0
    while (now_s := time.monotonic()) < until_s:
        minute = (now_s - began_s) / 60
        memory.append((round(minute, 2), round(process.memory_info().rss / 1024**2, 1)))
        if minute >= said:
            told(f"minute {said}: {memory[-1][1]} MB")
            said += 1
        await asyncio.sleep(_SAMPLE_S)


async def _user(ground: Ground, port: int, name: str, seed: int, until_s: float, count: Count) -> None:
    """One session after another."""
    dice, where = random.Random(seed), address(ground, port)
    await asyncio.sleep(dice.uniform(0, 10))
    while time.monotonic() < until_s:
        await _session(Speaker(name, where, Record()), dice, until_s, count)


async def _session(speaker: Speaker, dice: random.Random, until_s: float, count: Count) -> None:
    ends_s = min(time.monotonic() + dice.uniform(*_SESSION_S), until_s)
    count.sessions += 1
    while True:
        await speaker.connect()
        await speaker.begin()
        speaker.speak()
        left_s = ends_s - time.monotonic()
        stays_s = dice.uniform(*_CONNECTION_S)
        await asyncio.sleep(max(0.0, min(left_s, stays_s)))
        if left_s <= stays_s:
            break
        speaker.cut()
        await speaker.gone()
        await speaker.hush()
        await asyncio.sleep(dice.uniform(*_AWAY_S))
        count.resumes += 1
    await speaker.end()
    count.frames_acked += speaker.acked
    count.lost += speaker.summed_up is None or speaker.summed_up < speaker.acked


def write(found: Mapping[str, Any], soaked: Soaked, speakers: int, output: Path) -> None:
    """`found`: the circumstances before."""
    report = {
        **found,
        "seed": soaked.seed,
        "minutes": soaked.minutes,
        "speakers": speakers,
        **asdict(soaked.count),
        "early_mb": soaked.early_mb,
        "late_mb": soaked.late_mb,
        "growth": round(soaked.growth, 4),
        "goal": GOAL,
        "memory_mb": soaked.memory_mb,
    }
    save(output, report, charts.soak_panels(report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--speakers", type=int, default=SPEAKERS)
    parser.add_argument("--seed", type=int, default=secrets.randbits(16))
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()

    def told(what: str) -> None:
        print(what, flush=True)

    print(f"seed {given.seed}", flush=True)
    found = circumstances()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        soaked = runner.run(soak(given.minutes, given.speakers, given.seed, told))
    write(found, soaked, given.speakers, given.output)
    print(
        f"{soaked.early_mb} MB early, {soaked.late_mb} MB late: {soaked.growth:.3f} (goal {GOAL}); {soaked.count}; "
        f"written to {given.output}"
    )


if __name__ == "__main__":
    main()
