"""The hours that count for a leaderboard."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analytics.core.read_models import Competition

# The range of a 32-bit DateTime column.
_FIRST_S = 0
_LAST_S = 2**32 - 1
_FIRST_YEAR, _LAST_YEAR = 1970, 2105


@dataclass(frozen=True)
class TimeRange:
    """Unix times in seconds. An hour counts if it begins at or after `from_s` and before `until_s`."""

    from_s: int
    until_s: int


def counted_hours(competition: Competition, day: date | None) -> TimeRange:
    """The hours of a competition, or of one of its days. Words are counted by UTC hour; if the time zone's offset is
    not a whole number of hours, an hour belongs to the day in which it begins."""
    from_s = _unix_s(competition.starts_at) if competition.starts_at else _FIRST_S
    until_s = _unix_s(competition.ends_at) if competition.ends_at else _LAST_S
    if day is not None:
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return TimeRange(from_s, from_s)
        zone = ZoneInfo(competition.time_zone)
        from_s = max(from_s, _midnight_s(day, zone))
        until_s = min(until_s, _midnight_s(day + timedelta(days=1), zone))
    return TimeRange(from_s, max(from_s, until_s))


def _midnight_s(day: date, zone: ZoneInfo) -> int:
    # If clocks skip midnight, Python uses the offset before the change, which gives the first moment of the day.
    return min(max(_unix_s(datetime.combine(day, time(), zone)), _FIRST_S), _LAST_S)


def _unix_s(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
