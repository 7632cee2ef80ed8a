"""Messages that could not be handled, kept for a person to look at."""

from typing import Literal

from schemas.base import Event


class DeadLetter(Event):
    """The source's coordinates, the reason in words, and the value itself in base64. `headers`: those of the source, in
    its order, their values in base64 too."""

    type: Literal["dead_letter"] = "dead_letter"
    version: Literal[1] = 1
    stage: str
    topic: str
    partition: int
    offset: int
    key: str | None
    reason: str
    value_base64: str
    headers: tuple[tuple[str, str], ...] = ()


class DeadLetterRetried(Event):
    """A person put the message back on its topic, at `offset` of `partition`. `letter_id`: the letter's `event_id`. If
    it fails again there, that is a new letter."""

    type: Literal["dead_letter_retried"] = "dead_letter_retried"
    version: Literal[1] = 1
    letter_id: str
    topic: str
    partition: int
    offset: int
