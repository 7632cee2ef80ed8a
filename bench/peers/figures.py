"""What follows from the rows of a comparison."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.peers.contender import Row
from bench.rounds import median_and_range

_LATE_MS = 100.0
"""Clients that send so much later than due (p99) need a core of their own, and may be the bottleneck themselves."""


def by_contender(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """The rows of each server and way of sending, with few clients first."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["server"], row["sent"]), []).append(row)
    return {name: sorted(of_one, key=lambda row: int(row["clients"])) for name, of_one in found.items()}


def contender_name(server: str, sent: str) -> str:
    """The server, and what is sent if that is not what all are sent."""
    return f"{server}, {sent.removeprefix('16 bits, ')}" if sent not in ("", "16 bits") else server


def with_version(server: str, versions: Mapping[str, Mapping[str, str]]) -> str:
    return f"{server} {next(iter(versions[server].values()), '')}".strip()


def most_passed(rows: Sequence[Row]) -> int:
    """The most clients with whom one contender passed, before any number with which it did not."""
    passed = 0
    for row in sorted(rows, key=lambda row: int(row["clients"])):
        if not row["passed"]:
            break
        passed = int(row["clients"])
    return passed


def capacity(rows: Sequence[Row]) -> str:
    """In words: the most clients with whom one contender passed, and the first number with which it did not."""
    most = most_passed(rows)
    too_many = next((row for row in rows if not row["passed"]), None)
    if too_many is None:
        return f"{most} or more"
    end = f"not {too_many['clients']}"
    if too_many.get("clients_late_p99_ms", 0.0) > _LATE_MS:
        end += ", where clients were late themselves"
    return f"{most}; {end}" if most else end


def rounds(rows: Sequence[Row]) -> list[Row]:
    """The rows of one contender with its fewest clients, of which there are several."""
    return [row for row in rows if row["clients"] == rows[0]["clients"] and "failed" not in row]


def over_rounds(rows: Sequence[Row], *keys: str, digits: int = 1) -> dict[str, float]:
    """A figure's median and range over a contender's rounds."""
    values: list[Any] = rounds(rows)
    for key in keys:
        values = [value[key] for value in values]
    return median_and_range(values, digits)
