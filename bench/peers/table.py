"""The rows of a comparison as a table, for a terminal and in Markdown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from bench.peers.contender import Row
from bench.peers.figures import by_contender, capacity, over_rounds, rounds, with_version


@dataclass(frozen=True)
class Column:
    heading: str
    cell: Callable[[Row], str]


def _delays(delays: dict[str, float] | None) -> str:
    return f"{delays['p50']:.2f} / {delays['p95']:.2f} s" if delays else "—"


WHOLE_COLUMNS = (
    Column("to final, p50 / p95", lambda row: _delays(row["committed_s"])),
    Column("WER", lambda row: f"{100 * row['wer']:.1f} %"),
    Column("CPU", lambda row: f"{row['cpu_s_per_audio_s']:.2f}"),
    Column("memory", lambda row: f"{row['peak_mb']} MB"),
    Column("last words missing", lambda row: f"{row['tail_missing']} of {row['tail_words']}"),
    Column("passages repeated", lambda row: str(row["repeated_passages"])),
    Column("held", lambda row: "yes" if row["passed"] else "no"),
)
"""Of one measurement."""

DOOR_HEADINGS = (
    "server",
    "clients send",
    "CPU time per 250 ms",
    "ping to pong, p50 / p99",
    "memory without clients",
    "per client, idle / speaking",
    "clients that one core serves",
)


def whole_rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row per measurement, headings first."""
    lines: list[tuple[str, ...]] = [("server", "speakers", *(column.heading for column in WHOLE_COLUMNS))]
    for (server, _), rows in by_contender(result["rows"]).items():
        for row in rows:
            cells = tuple(column.cell(row) for column in WHOLE_COLUMNS) if "failed" not in row else _FAILED
            lines.append((with_version(server, result["versions"]), str(row["clients"]), *cells))
    return lines


_FAILED = ("failed", *[""] * (len(WHOLE_COLUMNS) - 2), "no")


def door_rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row per server and way of sending, headings first."""
    lines: list[tuple[str, ...]] = [DOOR_HEADINGS]
    for (server, sent), rows in by_contender(result["rows"]).items():
        name = with_version(server, result["versions"])
        if not rounds(rows):
            lines.append((name, sent, "failed", "", "", "", capacity(rows)))
            continue
        cpu = over_rounds(rows, "cpu_us_per_frame")
        pong_ms = [over_rounds(rows, "pong_ms", share, digits=2)["median"] for share in ("p50", "p99")]
        kb = [over_rounds(rows, "kb_per_client", state, digits=0)["median"] for state in ("idle", "speaking")]
        lines.append(
            (
                name,
                sent,
                f"{cpu['median']:.0f} µs ({cpu['least']:.0f} to {cpu['greatest']:.0f})",
                f"{pong_ms[0]:.1f} / {pong_ms[1]:.1f} ms",
                f"{over_rounds(rows, 'empty_mb', digits=0)['median']:.0f} MB",
                f"{kb[0]:.0f} / {kb[1]:.0f} kB",
                capacity(rows) if len({row["clients"] for row in rows}) > 1 else "—",
            )
        )
    return lines


def markdown(lines: Sequence[Sequence[str]]) -> str:
    headings, *rows = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, ("---",) * len(headings), *rows))


def terminal(title: str, lines: Sequence[Sequence[str]]) -> Table:
    headings, *rows = lines
    shown = Table(title=title)
    for heading in headings:
        shown.add_column(heading, justify="left" if heading in ("server", "clients send") else "right")
    for row in rows:
        shown.add_row(*row)
    return shown
