"""Records that a stage could not process, kept for an operator to inspect."""

from typing import Literal

from schemas.base import Event


class DeadLetter(Event):
    """A record that could not be processed: where it came from, why it failed, and its value."""

    type: Literal["dead_letter"] = "dead_letter"
    version: Literal[1] = 1
    stage: str
    topic: str
    partition: int
    offset: int
    key: str | None
    reason: str
    """Why it failed, for a person to read."""
    value_base64: str
    headers: tuple[tuple[str, str], ...] = ()
    """The record's headers in their order, with the values in base64."""


class DeadLetterRetried(Event):
    """An operator put a dead letter's record back on its topic. If it fails again, a new dead letter is written."""

    type: Literal["dead_letter_retried"] = "dead_letter_retried"
    version: Literal[1] = 1
    letter_id: str
    """The dead letter's `event_id`."""
    topic: str
    partition: int
    """Partition and offset of the record that was put back."""
    offset: int
