"""A session's figures: words per hour of the day, time spent speaking, words per minute."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from schemas.counts import HourCount
from schemas.topics import HOUR_MS
from schemas.transcripts import Final
from schemas.words import Word, count_words

_PAUSE_MS = 500
"""A silence of this length or more between two words is a pause and no part of the time spent speaking."""


def hourly_counts(finals: Iterable[Final], started_ms: int) -> tuple[HourCount, ...]:
    """Words by the hour, UTC, in which they were said: the session's start plus the word's own time."""
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


def words_per_minute(words: int, speaking_ms: int) -> float:
    return round(words * 60_000 / speaking_ms, 1) if speaking_ms else 0.0
