"""Word counts, on `word.counts`."""

from typing import Literal

from schemas.base import Schema, SessionEvent


class HourCount(Schema):
    """Words said in one hour of speech; `hour_ms` is the Unix time of the hour's beginning, UTC."""

    hour_ms: int
    words: int


class WordsCounted(SessionEvent):
    """A session's running totals. The greatest per session and hour is the truth, so repetitions change nothing.
    `live` says whether the audio came no faster than a person speaks; only live sessions compete."""

    type: Literal["words_counted"] = "words_counted"
    version: Literal[1] = 1
    hours: tuple[HourCount, ...]
    live: bool
