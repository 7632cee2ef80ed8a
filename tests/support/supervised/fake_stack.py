"""A stack of fake stages under the real supervisor; as a program, it runs until it is stopped or killed.

python -m tests.support.supervised.fake_stack DATA
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from local.plan import Launch, Layer, ProcessPlan
from local.probes import stage_probe
from local.run_file import StackAddresses, mark_of
from local.supervisor import Supervisor
from local.tcp_ports import free_port

_PROGRAM = Path(__file__).with_name("fake_stage.py")
ADDRESSES = StackAddresses(page="", edge="", edge_plain="", kafka="", languagetool="")


def events_file(data: Path) -> Path:
    return data / "events"


def events(data: Path) -> list[str]:
    """What the fake stages wrote, in order."""
    return events_file(data).read_text().splitlines() if events_file(data).exists() else []


async def _launch(name: str, data: Path, options: Sequence[str]) -> Launch:
    port = free_port()
    program = [sys.executable, "-I", "-S", str(_PROGRAM), name, str(events_file(data)), str(port)]
    return Launch([*program, *options], dict(os.environ), stage_probe(port), port)


def fake(data: Path, name: str, layer: Layer, *options: str) -> ProcessPlan:
    return ProcessPlan(name, layer, partial(_launch, name, data, options))


@dataclass
class RecordingObserver:
    """An observer that records its notifications."""

    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    exits: list[tuple[str, int, float]] = field(default_factory=list)
    waits: list[dict[str, str]] = field(default_factory=list)
    stops: int = 0

    def logged(self, name: str, level: str, text: str) -> None:
        self.problems.append((name, level, text))

    def exited(self, name: str, code: int, tail: list[str], restart_in_s: float) -> None:  # noqa: ARG002 - the port's shape
        self.exits.append((name, code, restart_in_s))

    def waiting(self, reasons: dict[str, str]) -> None:
        self.waits.append(reasons)

    def up(self) -> None:
        self.is_up.set()

    def stopping(self) -> None:
        self.stops += 1


async def nothing() -> None:
    """No topics to create."""


def supervisor(
    plans: Sequence[ProcessPlan],
    data: Path,
    observer: RecordingObserver,
    on_broker_ready: Callable[[], Awaitable[None]] = nothing,
) -> Supervisor:
    me = mark_of(os.getpid())
    assert me is not None
    return Supervisor(plans, data, me, ADDRESSES, observer, on_broker_ready)


async def main(data: Path) -> None:
    plans = [fake(data, "kafka", Layer.BROKER), fake(data, "edge", Layer.EDGE)]
    running = supervisor(plans, data, RecordingObserver())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.request_stop)
    await running.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
