"""Messages that could not be handled, kept for a person to look at."""

from typing import Literal

from schemas.base import Event


class DeadLetter(Event):
    """The source's coordinates, the reason in words, and the value itself in base64."""

    type: Literal["dead_letter"] = "dead_letter"
    version: Literal[1] = 1
    stage: str
    topic: str
    partition: int
    offset: int
    key: str | None
    reason: str
    value_base64: str
