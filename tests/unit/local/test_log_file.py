import json
from pathlib import Path

import pytest

from local.log_file import LogFile, LoggedProblem, RateLimiter, parse_problem


def test_output_is_kept_unchanged_and_lines_are_returned_once_complete(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "edge.log")
    assert log.write(b"one\ntw") == ["one"]
    assert log.write(b"o\nthree\n") == ["two", "three"]
    log.close()
    assert log.path.read_bytes() == b"one\ntwo\nthree\n"
    assert list(log.tail) == ["one", "two", "three"]


def test_a_full_file_is_rotated(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "edge.log", max_bytes=10)
    for number in range(5):
        log.write(b"line %d\n" % number)
    log.close()
    assert log.path.read_bytes() == b"line 4\n"
    assert (tmp_path / "edge.log.1").read_bytes() == b"line 3\n"


def test_an_endless_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "edge.log")
    for _ in range(20):
        log.write(b"x" * 10_000)
    [line] = log.write(b"\n")
    log.close()
    assert len(line) <= 64 * 1024 + 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"event": "ready", "level": "info"}', None),
        ('{"event": "lost", "level": "warning", "topic": "replies"}', LoggedProblem("warning", "lost topic=replies")),
        (
            '{"event": "broke", "level": "error", "exception": "a\\nb", "stage": "edge"}',
            LoggedProblem("error", "broke"),
        ),
        ("[2026-01-01] ERROR Disk failed", LoggedProblem("error", "[2026-01-01] ERROR Disk failed")),
        ("[2026-01-01] WARN Performing controller activation", None),
        ("{not json ERROR", None),
        ("[]", None),
        ("", None),
    ],
)
def test_warnings_and_errors_stand_out(line: str, problem: LoggedProblem | None) -> None:
    assert parse_problem(line) == problem


def test_an_event_of_many_lines_shows_its_first() -> None:
    problem = parse_problem(json.dumps({"level": "error", "event": "first\nsecond"}))
    assert problem == LoggedProblem("error", "first")


def test_a_flood_is_limited() -> None:
    limiter = RateLimiter(count=2, window_s=10.0)
    assert [limiter.allows(now_s) for now_s in (0.0, 1.0, 2.0, 9.9, 10.0, 10.1, 10.2)] == [
        True,
        True,
        False,
        False,
        True,
        True,
        False,
    ]
