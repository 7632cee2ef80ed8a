"""Which hours count for a leaderboard."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analytics.core.facts import Competition

# What a 32-bit DateTime column can hold.
_FIRST_S = 0
_LAST_S = 2**32 - 1
_FIRST_YEAR, _LAST_YEAR = 1970, 2105


@dataclass(frozen=True)
class Window:
    """Unix seconds: an hour counts if it begins at or after `from_s` and before `until_s`."""

    from_s: int
    until_s: int


def window(competition: Competition, day: date | None) -> Window:
    """The hours of a competition, or those of one of its days. Words are counted by UTC hour, so where a time zone is
    off by half an hour, an hour belongs to the day in which it begins."""
    from_s = _unix_s(competition.starts_at) if competition.starts_at else _FIRST_S
    until_s = _unix_s(competition.ends_at) if competition.ends_at else _LAST_S
    if day is not None:
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return Window(from_s, from_s)
        zone = ZoneInfo(competition.time_zone)
        from_s = max(from_s, _midnight_s(day, zone))
        until_s = min(until_s, _midnight_s(day + timedelta(days=1), zone))
    return Window(from_s, max(from_s, until_s))


def _midnight_s(day: date, zone: ZoneInfo) -> int:
    # Where clocks skip midnight, Python reads it with the offset before the change: the first moment of the day.
    return min(max(_unix_s(datetime.combine(day, time(), zone)), _FIRST_S), _LAST_S)


def _unix_s(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
