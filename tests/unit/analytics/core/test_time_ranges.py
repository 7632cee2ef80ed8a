"""The hours that count for a leaderboard."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.core.read_models import Competition
from analytics.core.time_ranges import TimeRange, counted_hours

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo")


def cup(time_zone: str = "UTC", starts_at: datetime | None = None, ends_at: datetime | None = None) -> Competition:
    return Competition(id="cup", name="cup", time_zone=time_zone, starts_at=starts_at, ends_at=ends_at)


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc] # year, month, day, hour


def test_without_limits_every_hour_counts() -> None:
    assert counted_hours(cup(), None) == TimeRange(0, 2**32 - 1)


def test_a_day_in_its_zone() -> None:
    assert counted_hours(cup("Europe/Berlin"), date(2026, 6, 1)) == TimeRange(at(2026, 5, 31, 22), at(2026, 6, 1, 22))


def test_the_day_clocks_change_has_23_hours() -> None:
    found = counted_hours(cup("Europe/Berlin"), date(2026, 3, 29))
    assert found.until_s - found.from_s == 23 * 3600


def test_start_and_end_cut_a_day() -> None:
    found = counted_hours(
        cup("UTC", datetime(2026, 6, 1, 8, tzinfo=UTC), datetime(2026, 6, 1, 12, tzinfo=UTC)), date(2026, 6, 1)
    )
    assert found == TimeRange(at(2026, 6, 1, 8), at(2026, 6, 1, 12))


def test_a_day_outside_is_empty() -> None:
    found = counted_hours(cup("UTC", ends_at=datetime(2026, 6, 1, tzinfo=UTC)), date(2026, 6, 2))
    assert found.from_s == found.until_s


@given(st.dates(), st.sampled_from(ZONES))
def test_any_day_gives_a_range_that_storage_can_hold(day: date, zone: str) -> None:
    found = counted_hours(cup(zone), day)
    assert 0 <= found.from_s <= found.until_s < 2**32
    assert found.until_s - found.from_s <= 25 * 3600


@given(st.dates(date(1980, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
def test_days_touch_and_never_overlap(day: date, zone: str) -> None:
    assert counted_hours(cup(zone), day).until_s == counted_hours(cup(zone), day + timedelta(days=1)).from_s
