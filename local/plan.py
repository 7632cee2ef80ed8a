"""What the supervisor is given to run."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from local.probes import Probe


class Layer(Enum):
    """A process's place in the stack: the door is shut first, the broker last."""

    BROKER = "broker"
    SERVICE = "service"
    STAGE = "stage"
    DOOR = "door"


START_FIRST = (Layer.BROKER, Layer.SERVICE)
"""Started at once; the others once the broker is ready and has its topics."""

STOP_ORDER = (
    ((Layer.DOOR,), 3.5),
    ((Layer.STAGE, Layer.SERVICE), 6.0),
    ((Layer.BROKER,), 3.0),
)
"""Layers that stop together, and the seconds they have until they are killed: 12.5 s in all, under the promised 15."""


def stop_budget_s(layer: Layer) -> float:
    """The seconds that a process of this layer has to finish."""
    return next(seconds for layers, seconds in STOP_ORDER if layer in layers)


@dataclass(frozen=True)
class Launch:
    """One start of a process. `environment` is the whole of it."""

    command: Sequence[str]
    environment: Mapping[str, str]
    probe: Probe
    health_port: int | None = None


@dataclass(frozen=True)
class ProcessPlan:
    """`launch` is asked anew at each start, so that ports nobody named are free ones each time."""

    name: str
    layer: Layer
    launch: Callable[[], Awaitable[Launch]]
    address: str = ""


@dataclass(frozen=True)
class PortUse:
    """A port with a fixed number: who opens it where, and the setting that changes it."""

    port: int
    setting: str
    what: str
    host: str = field(default="127.0.0.1")
