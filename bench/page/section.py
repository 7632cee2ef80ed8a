"""The parts of docs/benchmarks.md: for each benchmark a text, and a table with the figures of each of its results."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.result_files import RESULTS, place_and_date, read_result, subject

Lines = Sequence[Sequence[str]]
"""Rows of a table, headings first."""
NO_GOAL = "—"
_WIDTH = 124


@dataclass(frozen=True)
class Figure:
    what: str
    measured: str
    goal: str = NO_GOAL


@dataclass(frozen=True)
class Section:
    title: str
    text: str
    """What is measured."""
    command: str
    files: Sequence[Path]
    """Of the results: the default's first, then those of other models and other speech."""
    tables: Callable[[Mapping[str, Any]], Sequence[Lines]]
    """Of one result."""
    notes: str = ""
    """What limits or explains the figures."""

    def markdown(self) -> str:
        parts = [f"## {self.title}", paragraph(self.text)]
        for file in self.files:
            result = read_result(file)
            parts.append(measured_on(self.command, result))
            parts += [table(lines) for lines in self.tables(result)]
            if file.with_suffix(".svg").exists():
                parts.append(f"![{self.title}](../bench/results/{file.stem}.svg)")
        if self.notes:
            parts.append(paragraph(self.notes))
        return "\n\n".join(parts)


def paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def results_of(benchmark: str) -> list[Path]:
    """The default's result, and those with another model or other speech."""
    default = RESULTS / f"{benchmark}.json"
    return [default, *sorted(RESULTS.glob(f"{benchmark}-*.json"))]


def measured_on(command: str, result: Mapping[str, Any]) -> str:
    load = result.get("load_average_before")
    before = "" if load is None else f" · load average before {load}"
    return f"`{command}` · {subject(result)} · {place_and_date(result)}{before}"


def figures(*rows: Figure) -> Lines:
    return [("figure", "measured", "goal"), *((row.what, row.measured, row.goal) for row in rows)]


def table(lines: Lines) -> str:
    headings, *rows = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, ["---"] * len(headings), *rows))


def seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f}"


def spread_of(figure: Mapping[str, float], digits: int = 2) -> str:
    """Median, and the range of the rounds."""
    return f"{figure['median']:.{digits}f} ({figure['least']:.{digits}f} to {figure['greatest']:.{digits}f})"
