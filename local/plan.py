"""What a supervisor runs: processes, the layers in which they start and stop, and the ports they need."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from local.probes import Probe
from local.tcp_ports import LOOPBACK


class Layer(Enum):
    """A process's place in the stack: the edge is stopped first, the broker last."""

    BROKER = "broker"
    SERVICE = "service"
    STAGE = "stage"
    EDGE = "edge"


START_FIRST = (Layer.BROKER, Layer.SERVICE)
"""Started at once; the others when the broker is ready and has its topics."""

STOP_ORDER = (
    ((Layer.EDGE,), 3.5),
    ((Layer.STAGE, Layer.SERVICE), 6.0),
    ((Layer.BROKER,), 3.0),
)
"""Layers that stop together, and the seconds until they are killed: 12.5 s in all, less than the promised 15."""


def stop_budget_s(layer: Layer) -> float:
    """Seconds that a process of this layer has to finish."""
    return next(seconds for layers, seconds in STOP_ORDER if layer in layers)


@dataclass(frozen=True)
class Launch:
    """One start of a process. `environment` is complete: nothing is inherited."""

    command: Sequence[str]
    environment: Mapping[str, str]
    probe: Probe
    health_port: int | None = None


@dataclass(frozen=True)
class ProcessPlan:
    name: str
    layer: Layer
    launch: Callable[[], Awaitable[Launch]]
    """Called for each start, so that ports without a fixed number are free ones each time."""
    address: str = ""
    """Where the process serves; empty if nowhere."""


@dataclass(frozen=True)
class RequiredPort:
    """A port with a fixed number."""

    port: int
    setting: str
    """The setting that changes it."""
    what: str
    """The program that listens on it, for messages."""
    host: str = LOOPBACK
