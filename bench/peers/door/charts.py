"""The comparison as a picture: what a client's audio and a client's memory cost each server, and how both go on with
more clients."""

from typing import Any

from bench.charts import Bar, Bars, Lines, Panel


def panels(report: dict[str, Any]) -> tuple[Panel, ...]:
    rows = report["rows"]
    climbing = [row for row in rows if row["steps"]]
    return (
        Bars(
            f"Processor time per 250 ms, {rows[0]['clients']} clients",
            {sent: [_bar(row, row["cpu_us_per_frame"]) for row in rows if row["sent"] == sent] for sent in _sent(rows)},
            unit="us",
        ),
        Bars(
            "Memory of a speaking client",
            {
                sent: [_bar(row, row["kb_per_client"]["speaking"], 1024) for row in rows if row["sent"] == sent]
                for sent in _sent(rows)
            },
            unit="MB",
        ),
        Lines(
            "Cores used",
            "clients",
            {_name(row): [(step["clients"], step["cores"]) for step in _watched(row)] for row in climbing},
        ),
        Lines(
            "Audio dealt with, of that spoken",
            "clients",
            {_name(row): [(step["clients"], 100 * step["heard_share"]) for step in _watched(row)] for row in climbing},
            unit="%",
            goal=100 * report["held_if"]["heard_share_from"],
        ),
    )


def _sent(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["sent"] for row in rows))


def _name(row: dict[str, Any]) -> str:
    """The server's alone, and with what is sent where that is not what all are sent."""
    return row["server"] if row["sent"] == "16 bits" else f"{row['server']}, {row['sent'].removeprefix('16 bits, ')}"


def _watched(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The few clients' last round, and the steps in which clients could be connected."""
    return [row["rounds"][-1], *(step for step in row["steps"] if "failed" not in step)]


def _bar(row: dict[str, Any], figure: dict[str, float], per: float = 1.0) -> Bar:
    return Bar(row["server"], figure["median"] / per, (figure["least"] / per, figure["greatest"] / per))
