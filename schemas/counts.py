"""Word counts, on `word.counts`."""

from typing import Literal

from schemas.base import Schema, SessionEvent


class HourCount(Schema):
    """Words said within one hour (UTC)."""

    hour_ms: int
    """Unix time at which the hour begins, in milliseconds."""
    words: int


class WordsCounted(SessionEvent):
    """A session's running totals. The greatest total per session and hour counts, so duplicates change nothing."""

    type: Literal["words_counted"] = "words_counted"
    version: Literal[1] = 1
    hours: tuple[HourCount, ...]
    live: bool
    """Whether the audio arrived no faster than real time. Only live sessions count in a competition."""
