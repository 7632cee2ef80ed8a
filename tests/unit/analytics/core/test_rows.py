"""The rows of events."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.core.rows import LogPosition, TableRow, by_table, rows_of
from schemas.base import Event
from schemas.counts import HourCount
from schemas.sessions import EndCause
from schemas.transcripts import SessionReaddressed
from tests.support.analytics.events import (
    HOUR_MS,
    NINE_MS,
    counted,
    final,
    report_ready,
    said,
    shared,
    started,
    transcribed,
)

POSITION = LogPosition(logged_at_ms=NINE_MS + 7, offset=42)


def tables(event: Event, *, create_competitions: bool = True) -> dict[str, list[TableRow]]:
    found: dict[str, list[TableRow]] = {}
    for row in rows_of(event, POSITION, create_competitions=create_competitions):
        found.setdefault(row.table, []).append(row)
    return found


def test_a_started_session_is_stored_as_running() -> None:
    (row,) = tables(started())["sessions"]
    assert row.values["ended_by"] == ""
    assert row.values["started_at"] == NINE_MS
    assert (row.values["org"], row.values["groups"]) == ("north", ["7a"])


def test_a_transcribed_session_replaces_the_started_one_and_has_every_final() -> None:
    ones = (final(1, "one two"), final(2, "three", question=None))
    rows = tables(transcribed(ones, ended_by=EndCause.IDLE))
    assert rows["sessions"][0].values["revision"] > tables(started())["sessions"][0].values["revision"]
    assert rows["sessions"][0].values["ended_by"] == "idle"
    assert [row.values["number"] for row in rows["finals"]] == [1, 2]
    assert rows["finals"][0].values["words.text"] == ["one", "two"]
    assert rows["finals"][0].values["revision"] > tables(said(final(1, "one")))["finals"][0].values["revision"]


def test_only_a_session_in_a_competition_creates_one() -> None:
    assert "competitions" not in tables(started())
    assert tables(started(competition="cup"))["competitions"][0].values["revision"] == 0
    assert "competitions" not in tables(started(competition="cup"), create_competitions=False)


def test_word_counts_are_one_row_per_hour() -> None:
    hours = (HourCount(hour_ms=NINE_MS, words=3), HourCount(hour_ms=NINE_MS + HOUR_MS, words=4))
    rows = tables(counted(0, hours=hours, competition="cup", live=False))["word_counts"]
    assert [(row.values["hour"], row.values["words"], row.values["live"]) for row in rows] == [
        (NINE_MS // 1000, 3, False),
        ((NINE_MS + HOUR_MS) // 1000, 4, False),
    ]


def test_a_transcribed_session_updates_live_without_counting_words() -> None:
    (row,) = tables(transcribed((), started_at_ms=NINE_MS + 61_000, live=False))["word_counts"]
    assert (row.values["hour"], row.values["words"], row.values["live"]) == (NINE_MS // 1000, 0, False)


def test_a_report_has_its_position_in_the_log() -> None:
    (row,) = tables(report_ready(report=None, error="no words"))["reports"]
    assert (row.values["logged_at"], row.values["log_offset"]) == (NINE_MS + 7, 42)
    assert (row.values["report"], row.values["error"], row.values["engine"]) == ("", "no words", "")


def test_a_new_reply_address_adds_no_rows() -> None:
    assert tables(SessionReaddressed.model_validate(shared() | {"conn": "c2", "reply_to": 1})) == {}


@given(st.lists(st.sampled_from((started(), said(final(1, "a b")), counted(2), report_ready(), transcribed()))))
def test_blocks_contain_every_row_with_matching_columns(events: list[Event]) -> None:
    rows = [row for event in events for row in rows_of(event, POSITION, create_competitions=True)]
    blocks = list(by_table(rows))
    assert len({table for table, _, _ in blocks}) == len(blocks)
    assert sum(len(lines) for _, _, lines in blocks) == len(rows)
    for table, columns, lines in blocks:
        assert [dict(zip(columns, line, strict=True)) for line in lines] == [
            row.values for row in rows if row.table == table
        ]
