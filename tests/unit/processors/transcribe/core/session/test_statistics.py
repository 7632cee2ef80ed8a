"""Words per hour, and time spent speaking."""

from processors.transcribe.core.session.finals import make_finals
from processors.transcribe.core.session.statistics import hourly_counts, merged, speech_ms, words_per_minute
from schemas.counts import HourCount
from tests.support.transcribe.core_values import word, words

HOUR_MS = 3_600_000


def test_words_count_in_the_hour_in_which_they_begin() -> None:
    finals = make_finals(words("before — after midnight", each_ms=1000), (), ())
    counts = hourly_counts(finals, started_ms=10 * HOUR_MS - 2000)
    assert counts == (HourCount(hour_ms=9 * HOUR_MS, words=1), HourCount(hour_ms=10 * HOUR_MS, words=2))


def test_totals_add_up_hour_by_hour() -> None:
    one, other = HourCount(hour_ms=0, words=2), HourCount(hour_ms=HOUR_MS, words=1)
    assert merged((one, other), (one,)) == (HourCount(hour_ms=0, words=4), other)


def test_pauses_are_not_time_spent_speaking() -> None:
    said = (word("a", 0, 300), word("b", 500, 800), word("c", 2000, 2100))
    assert speech_ms(said) == 300 + 200 + 300 + 100
    assert words_per_minute(3, 900) == 200.0
    assert words_per_minute(0, 0) == 0.0
