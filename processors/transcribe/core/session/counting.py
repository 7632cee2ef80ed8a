"""What is counted of a session: words per hour of speech, time spent speaking, and whether it was spoken live."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from schemas.counts import HourCount
from schemas.topics import HOUR_MS
from schemas.transcripts import Final
from schemas.words import Word, count_words

_LIVE_SPEED = 1.1
"""Greatest speed, against real time, of audio that is spoken while it is sent. Clients' clocks are not exact."""
_LIVE_START_MS = 3000
"""Audio that a client may have gathered before its session began."""
_PAUSE_MS = 500
"""A silence of this length or more between two words is a pause and no part of the time spent speaking."""


@dataclass(frozen=True)
class LiveCheck:
    """Whether the audio came no faster than a person speaks, going by the times that the log gives its records alone.
    Once too fast, a session stays so."""

    started_ms: int
    live: bool = True

    def heard(self, audio_ms: int, at_ms: int) -> "LiveCheck":
        """So much audio had come by this time."""
        allowed_ms = _LIVE_START_MS + _LIVE_SPEED * (at_ms - self.started_ms)
        return self if audio_ms <= allowed_ms else replace(self, live=False)


def hourly_counts(finals: Iterable[Final], started_ms: int) -> tuple[HourCount, ...]:
    """Words per hour, UTC, in which they were said: the session's start plus the word's own time."""
    hours: Counter[int] = Counter()
    for final in finals:
        for word in final.words:
            hours[(started_ms + word.start_ms) // HOUR_MS * HOUR_MS] += count_words(word.text)
    return tuple(HourCount(hour_ms=hour_ms, words=words) for hour_ms, words in sorted(hours.items()) if words)


def merged(one: Iterable[HourCount], other: Iterable[HourCount]) -> tuple[HourCount, ...]:
    """Two counts added up, hour by hour."""
    hours: Counter[int] = Counter()
    for count in (*one, *other):
        hours[count.hour_ms] += count.words
    return tuple(HourCount(hour_ms=hour_ms, words=words) for hour_ms, words in sorted(hours.items()))


def speech_ms(words: Iterable[Word]) -> int:
    """Time spent speaking: the words and the short gaps between them, without the pauses."""
    said = tuple(words)
    gaps = (after.start_ms - word.end_ms for word, after in pairwise(said))
    return sum(word.end_ms - word.start_ms for word in said) + sum(gap for gap in gaps if gap < _PAUSE_MS)


def words_per_minute(words: int, spoken_ms: int) -> float:
    return round(words * 60_000 / spoken_ms, 1) if spoken_ms else 0.0
