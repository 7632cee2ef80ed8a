from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from cli.replay.command import parse_time, replay
from cli.replay.view import ReplayComparison, result, view
from infra.errors import RostrumError
from tests.support.transcribe.core_values import words
from tests.support.transcribe.offline_transcripts import transcribed_offline

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def test_the_same_words_are_identical() -> None:
    once, again = await transcribed_offline(), await transcribed_offline()

    figures = result(ReplayComparison(again, once.transcribed, None))

    assert figures["identical"]
    assert figures["against_stored"] == {"wer": 0, "words": 8, "substitutions": 0, "deletions": 0, "insertions": 0}
    assert figures["changes"] == []
    assert figures["against_reference"] is None


async def test_words_that_changed_are_shown_where_they_stand() -> None:
    stored, again = await transcribed_offline(), await transcribed_offline(words("one too three four five six eight"))
    comparison = ReplayComparison(again, stored.transcribed, "one two three four five six eight")

    figures = result(comparison)

    assert not figures["identical"]
    assert figures["changes"] == [
        {"at_ms": 300, "stored": "two", "replayed": "too"},
        {"at_ms": 1800, "stored": "seven", "replayed": ""},
    ]
    assert figures["against_reference"]["wer"] == round(1 / 7, 4)
    assert figures["stored_against_reference"]["insertions"] == 1
    shown = _printed(comparison)
    assert "2 of 8 words changed (WER 25.0 %): 1 substituted, 1 deleted, 0 inserted" in shown
    assert "0:00.3  … one [two] → [too] three four five …" in shown
    assert "[seven] → [∅]" in shown


async def test_a_session_without_a_stored_transcript() -> None:
    comparison = ReplayComparison(await transcribed_offline(()), None, None)

    figures = result(comparison)

    assert (figures["identical"], figures["against_stored"], figures["delay_ms"]) == (None, None, None)
    assert "no stored transcript yet" in _printed(comparison)


def _printed(comparison: ReplayComparison) -> str:
    console = Console(width=200, soft_wrap=True)
    with console.capture() as captured:
        console.print(view(comparison))
    return captured.get()


def test_times() -> None:
    assert parse_time("90s", NOW) == NOW - timedelta(seconds=90)
    assert parse_time("1.5h", NOW) == NOW - timedelta(minutes=90)
    assert parse_time("2026-05-01T09:30:00Z", NOW) == datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    assert parse_time("2026-05-01", NOW).tzinfo is not None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "--session ID or --since TIME"),
        (["--session", "a", "--since", "1h"], "--session ID or --since TIME"),
        (["--since", "1h", "--reference", "said.txt"], "the text of one session"),
        (["--since", "yesterday"], "neither a time"),
        (["--since", "99999999999d"], "neither a time"),
    ],
)
def test_wrong_options_are_told(arguments: list[str], reason: str) -> None:
    ended = CliRunner().invoke(replay, arguments)

    assert ended.exit_code == 2
    assert reason in ended.output


def test_a_reference_that_is_missing_is_told_first(tmp_path: Path) -> None:
    ended = CliRunner().invoke(replay, ["--session", "a", "--reference", str(tmp_path / "none.txt")])

    assert isinstance(ended.exception, RostrumError)
    assert "none.txt" in ended.exception.message
