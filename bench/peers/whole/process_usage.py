"""CPU time and memory of a server's processes and their children, by group."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import psutil

_MB = 1024 * 1024
_SAMPLE_S = 0.5
ProcessGroups = Mapping[str, Sequence[int]]
"""Process ids by the name of their group."""


class ProcessUsage:
    """A process that exits keeps what it has used."""

    def __init__(self, groups: ProcessGroups) -> None:
        self._roots = {name: [psutil.Process(pid) for pid in pids] for name, pids in groups.items()}
        self._cpu_s: dict[str, dict[int, float]] = {name: {} for name in groups}
        self._samples: list[tuple[float, dict[str, float]]] = []
        self.peak_mb: dict[str, float] = dict.fromkeys(groups, 0.0)
        self._sample()
        self._before = self._totals()

    async def sample_until(self, stopped: asyncio.Event) -> None:
        while not stopped.is_set():
            self._sample()
            self._samples.append((time.monotonic(), self._totals()))
            await asyncio.sleep(_SAMPLE_S)

    def cpu_s(self, until_s: float) -> dict[str, float]:
        """CPU time by group from the start to this monotonic time: some servers work on the same audio after its
        end."""
        last = next((totals for at_s, totals in reversed(self._samples) if at_s <= until_s), self._before)
        return {name: total - self._before[name] for name, total in last.items()}

    def _totals(self) -> dict[str, float]:
        return {name: sum(by_pid.values()) for name, by_pid in self._cpu_s.items()}

    def _sample(self) -> None:
        for name, roots in self._roots.items():
            resident_bytes = 0
            for process in _with_children(roots):
                try:
                    times, memory = process.cpu_times(), process.memory_info()
                except psutil.NoSuchProcess:
                    continue
                self._cpu_s[name][process.pid] = times.user + times.system
                resident_bytes += memory.rss
            self.peak_mb[name] = max(self.peak_mb[name], resident_bytes / _MB)


def _with_children(roots: Sequence[psutil.Process]) -> list[psutil.Process]:
    found: dict[int, psutil.Process] = {}
    for root in roots:
        try:
            found |= {process.pid: process for process in (root, *root.children(recursive=True))}
        except psutil.NoSuchProcess:
            continue
    return list(found.values())
