"""What a check of `rostrum doctor` gives."""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    FINE = "fine"
    NOTE = "note"  # It works without, or the next `rostrum up` sees to it.
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """`mend`: what to do, or empty."""

    what: str
    state: State
    found: str
    mend: str = ""


def fine(what: str, found: str) -> Finding:
    return Finding(what, State.FINE, found)


def note(what: str, found: str, mend: str = "") -> Finding:
    return Finding(what, State.NOTE, found, mend)


def broken(what: str, found: str, mend: str) -> Finding:
    return Finding(what, State.BROKEN, found, mend)
